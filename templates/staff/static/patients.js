// The list of patient records: `/` searches, as in the inbox.

import { selectSearch } from "./fields.js";
import { listen } from "./shortcuts.js";
import "./go_to.js"; // before a key means something here, or `g p` would be taken for `p`

listen({ "/": selectSearch });
