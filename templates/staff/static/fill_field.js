// What is checked to be used is shown in its field at once, unless somebody has typed something there.

for (const box of document.querySelectorAll("input[data-fills]")) {
  box.addEventListener("change", () => {
    const field = document.getElementById(box.dataset.fills);
    if (box.checked && !field.value) field.value = box.dataset.value;
    else if (!box.checked && field.value === box.dataset.value) field.value = "";
  });
}
