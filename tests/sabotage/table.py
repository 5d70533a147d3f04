"""One-line breaks of the product, and the story that must turn red at each."""

from __future__ import annotations

from dataclasses import dataclass

STORIES = "tests/scenarios/"


@dataclass(frozen=True, slots=True)
class Break:
    """`old` stands exactly once in `file`; with `new` in its place `story` must fail."""

    name: str
    file: str
    old: str
    new: str
    story: str


BREAKS = (
    Break("rank of callbacks off", "alerting/dispatch/receipts.py",
          "if RANK[change.state] <= RANK[row.state]:", "if False:",
          STORIES + "test_provider.py::test_callbacks_out_of_order_never_set_a_message_back"),
    Break("signature not verified", "alerting/web/webhooks.py",
          "if not signature or not calling.verify(", "if False and not calling.verify(",
          STORIES + "test_answers.py::test_a_forged_signature_is_refused_and_changes_nothing"),
    Break("a form from elsewhere is taken", "alerting/web/answer_page.py",
          "if not hmac.compare_digest(", "if False and not hmac.compare_digest(",
          STORIES + "test_links.py::test_a_button_pressed_from_elsewhere_is_refused"),
    Break("links never grow old", "alerting/web/answer_page.py",
          "LASTS = timedelta(days=14)", "LASTS = timedelta(days=1400)",
          STORIES + "test_links.py::test_an_old_link_is_dead"),
    Break("hints without end", "alerting/chase/answers.py",
          "HINTS = 3 ", "HINTS = 300 ",
          STORIES + "test_answers.py::test_nonsense_gets_a_hint_three_times_and_then_silence"),
    Break("a question is an answer", "alerting/chase/reading.py",
          'if "?" in plain:', "if False:",
          STORIES + "test_answers.py::test_a_question_is_no_answer"),
    Break("full width is not read", "alerting/chase/reading.py",
          'shown = unicodedata.normalize("NFKC", text).strip()', "shown = text.strip()",
          STORIES + "test_answers.py::test_full_width_digits_and_words_are_read"),
    Break("a measure's letter is ignored", "alerting/chase/targets.py",
          "if letter and held.letters:", "if False:",
          STORIES + "test_answers.py::test_a_digit_that_needs_a_letter_is_asked_for_it"),
    Break("nobody is not escalated", "alerting/chase/stepping.py",
          "    changed += _unreached(connection, life, now)\n", "",
          STORIES + "test_climbing.py::test_a_post_with_nobody_on_it_falls_to_the_next_rung_at_once"),
    Break("Retry-After not obeyed", "alerting/dispatch/outbox.py",
          "pause = max(pause, given or 0.0)", "pause = pause",
          STORIES + "test_provider.py::test_a_provider_that_asks_for_time_is_given_it"),
)  # fmt: skip
