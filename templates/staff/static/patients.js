// The list of patient records: `/` searches, as in the inbox.

import { selectSearch } from "./fields.js";
import { listen } from "./shortcuts.js";

listen({ "/": selectSearch });
