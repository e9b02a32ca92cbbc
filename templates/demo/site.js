/* The contact form, sent as JSON so that the visitor stays on the page. Without this script, it is a plain form. */
(() => {
  "use strict";

  const form = document.getElementById("contact-form");
  const result = document.getElementById("contact-result");
  const button = form.querySelector("button");
  const LONGEST_MS = 30000;
  let submission = null; // set once, so that a message sent again after a failure is stored only once

  const say = (text, isProblem) => {
    result.textContent = text;
    result.classList.toggle("problem", isProblem);
  };

  const explain = async (answer) => {
    const { error } = await answer.json();
    if (answer.status !== 429) return error.message;
    return `Too many messages at once. Please try again in ${answer.headers.get("Retry-After")} seconds.`;
  };

  form.addEventListener("input", () => { submission = null; });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submission ??= crypto.getRandomValues(new Uint32Array(4)).join("-");
    const sent = submission;
    const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    button.disabled = true;
    say("Sending…", false);
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        credentials: "omit",
        body: JSON.stringify({ ...fields, client_message_id: sent }),
        signal: AbortSignal.timeout(LONGEST_MS),
      });
      if (answer.ok) {
        const { can_be_answered: canBeAnswered = true, emergency } = await answer.json();
        const isChanged = submission !== sent; // while it was on its way
        if (canBeAnswered && !isChanged) form.reset();
        submission = null;
        if (emergency) say(`We received your message. ${emergency}`, true);
        else if (canBeAnswered && isChanged) say("We received your message without what you changed since. To add that, send it again.", false);
        else if (canBeAnswered) say("Thank you! We received your message and will get back to you soon.", false);
        else say("We received your message. To get an answer, add your email or phone and send it again, or call us.", true);
      } else {
        say(await explain(answer), true);
      }
    } catch (error) {
      const isLate = error.name === "TimeoutError";
      if (isLate) say("No answer came. Please send it again: we get it only once.", true);
      else say("Your message could not be sent. Please check your connection and try again.", true);
    } finally {
      button.disabled = false;
    }
  });
})();
