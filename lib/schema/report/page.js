// The report's filter. Where scripts are off it stays hidden, and all differences are shown.
const form = document.querySelector('.filter');
const { kind, schema, concern, side, text, fold } = form.elements;
const shown = form.querySelector('output');
const sections = [...document.querySelectorAll('.kind')];
const differences = [...document.querySelectorAll('.difference')];
const details = differences.map((difference) => difference.querySelector('details'));
// Read when the first word is typed: in a long report that takes a moment.
let texts;

function filter() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length > 0) texts ??= differences.map(({ textContent }) => textContent.toLowerCase());
  let count = 0;
  differences.forEach((difference, at) => {
    const wanted =
      (kind.value === '' || kind.value === difference.dataset.kind) &&
      (schema.value === '' || schema.value === difference.dataset.schema) &&
      (concern.value === '' || concern.value === difference.dataset.concern) &&
      (side.value === '' || side.value === difference.dataset.side) &&
      words.every((word) => texts[at].includes(word));
    difference.hidden = !wanted;
    if (wanted) count += 1;
  });
  for (const section of sections)
    section.hidden = section.querySelector('.difference:not([hidden])') === null;
  shown.value = `${count} of ${differences.length} shown`;
}

// Key strokes that come together are one.
let waiting = 0;
function filterSoon() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(filter);
}

form.addEventListener('input', filterSoon);
// The fields are emptied after this event.
form.addEventListener('reset', filterSoon);
form.addEventListener('submit', (event) => event.preventDefault());

fold.addEventListener('click', () => {
  const close = details.some(({ open }) => open);
  for (const one of details) one.open = !close;
  fold.textContent = close ? 'Open all' : 'Close all';
});

// From the overview: all of one class, or the difference that a line is about, which may be hidden or closed.
for (const button of document.querySelectorAll('.overview button')) {
  button.disabled = false;
  button.addEventListener('click', () => {
    form.reset();
    concern.value = button.dataset.concern ?? '';
    filter();
    const place = button.dataset.to && document.getElementById(button.dataset.to);
    if (place) place.querySelector('details').open = true;
    (place || form).scrollIntoView();
    (place ? place.querySelector('summary') : concern).focus();
  });
}

form.hidden = false;
filter();
