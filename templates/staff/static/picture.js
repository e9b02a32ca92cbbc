// A picture on its own page: Escape and the link lead back to where it was opened, as it was left.

const back = document.getElementById("back");
const picture = document.querySelector(".frame img");
const size = document.getElementById("whole-size");

const isOpenedThere = URL.canParse(document.referrer) && new URL(document.referrer).pathname === new URL(back.href).pathname;

function offerSize() {
  const { width, height } = picture.getBoundingClientRect();
  const isWhole = picture.naturalWidth <= Math.ceil(width) && picture.naturalHeight <= Math.ceil(height);
  size.hidden = isWhole && !size.control.checked;
}

back.addEventListener("click", (event) => {
  if (!isOpenedThere || event.ctrlKey || event.metaKey || event.shiftKey || history.length < 2) return;
  event.preventDefault();
  history.back();
});
document.addEventListener("keydown", (event) => event.key === "Escape" && back.click());
picture.addEventListener("load", offerSize);
window.addEventListener("resize", offerSize);
if (picture.complete) offerSize();
