// Ticks in the background, where browsers slow the clocks of hidden pages down to once a minute.

setInterval(() => postMessage("tick"), 5000);
