"""One-line breaks of the product, and the story that must turn red at each."""

from __future__ import annotations

from dataclasses import dataclass

STORIES = "tests/scenarios/"
LAWS = "tests/laws/test_found.py::"
CALLED = "tests/alerts/test_callouts.py::"


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
    Break("full width is not read", "alerting/chase/spoken.py",
          'unicodedata.normalize("NFKC", text)', "text",
          STORIES + "test_answers.py::test_full_width_digits_and_words_are_read"),
    Break("what is only begun is taken for done", "alerting/chase/replies.py",
          'return "" if act in _DONE and unfinished(parsed.rest) else act', "return act",
          STORIES + "test_answers.py::test_what_a_phone_hears_is_read_and_never_guessed"),
    Break("one text for all decides too", "alerting/chase/everything.py",
          'return [n for n in waiting if fits("acknowledge", n.wants, n.measure is not None)]',
          "return list(waiting)",
          STORIES + "test_answers.py::"
          "test_all_is_received_in_one_text_and_what_must_be_decided_still_waits"),
    Break("a measure's letter is ignored", "alerting/chase/targets.py",
          "if letter and held.letters:", "if False:",
          STORIES + "test_answers.py::test_a_digit_that_needs_a_letter_is_asked_for_it"),
    Break("nobody is not escalated", "alerting/chase/stepping.py",
          "    changed += _unreached(connection, life, now)\n", "",
          STORIES + "test_climbing.py::test_a_post_with_nobody_on_it_falls_to_the_next_rung_at_once"),
    Break("Retry-After not obeyed", "alerting/dispatch/outbox.py",
          "pause = max(pause, given or 0.0)", "pause = pause",
          STORIES + "test_provider.py::test_a_provider_that_asks_for_time_is_given_it"),
    # What is believed
    Break("unknown is read as false", "alerting/rulebook/tile.py",
          "np.bitwise_or(said[0], missing[0], made[1])", "made[1] = said[0]",
          STORIES + "test_silence.py::test_missing_values_lift_nothing_and_the_duty_office_is_asked"),
    Break("unknown is read as true", "alerting/alerts/seen.py",
          "weather = (self.true * self.ladder", "weather = (self.possible * self.ladder",
          STORIES + "test_silence.py::test_missing_values_open_nothing"),
    Break("blind is shown as fine", "alerting/alerts/engine.py",
          "return {rule: memory.unknown_since <= limit for", "return {rule: memory.unknown_since < 0 for",
          STORIES + "test_silence.py::"
          "test_places_nobody_can_judge_are_blind_grey_and_told_to_the_duty_office"),
    Break("a signal that came before is kept again", "alerting/bus/embedded.py",
          "id=stamped.id, kind=", 'id=f"{stamped.id}@{at.isoformat()}", kind=',
          STORIES + "test_orders.py::test_a_repeated_forecast_changes_nothing"),
    # Warnings
    Break("the official floor is ignored", "alerting/rulebook/verdict.py",
          "verdict.floor[at] = reader.facts.floor(one.rule) * here", "verdict.floor[at] = 0",
          STORIES + "test_warnings.py::"
          "test_a_warning_opens_at_its_level_and_is_named_with_issuer_and_time"),
    Break("an office's exercise is taken for real", "alerting/alerts/engine.py",
          'if signal.status == "exercise" and not self.life.exercise:', "if False:",
          STORIES + "test_warnings.py::test_an_offices_exercise_or_test_is_never_taken_for_real"),
    Break("a warning's height is ignored", "alerting/places/areas.py",
          "inside &= self._height >= area.above", "pass",
          STORIES + "test_warnings.py::test_a_warning_above_1200_m_is_for_those_who_live_there"),
    Break("a warning lasts for ever", "alerting/alerts/facts.py",
          "self.since <= now < self.runs_out", "self.since <= now",
          STORIES + "test_warnings.py::test_a_warning_runs_out_at_its_own_end"),
    # How things end
    Break("the hold is ignored", "alerting/alerts/judge.py",
          "ripe = may_fall & (at - memory.hold_since >= hold_seconds)", "ripe = may_fall",
          STORIES + "test_falling.py::"
          "test_the_hold_runs_from_the_first_hour_in_which_all_agree"),
    Break("agreement is ignored", "alerting/alerts/judge.py",
          "may_fall[ready] = agrees(ready, target[ready])", "may_fall[ready] = True",
          STORIES + "test_falling.py::test_what_one_run_alone_says_is_over_is_not_over"),
    Break("clear is ignored", "alerting/rulebook/loading.py",
          'clear = self._condition(text.clear, (*key, "clear"), clear=True)', "clear = None",
          STORIES + "test_falling.py::test_between_its_level_and_clear_it_stays"),
    Break("a withdrawal is not sent to those told", "alerting/alerts/episodes.py",
          "for post_id in sorted(told):", "for post_id in ():",
          STORIES + "test_by_hand.py::"
          "test_a_withdrawal_reaches_everyone_whom_the_wrong_message_reached"),
    Break("a withdrawal forgets who has left the post", "alerting/dispatch/readers.py",
          "if row.kind not in REACHES or row.wants:", "if True:",
          STORIES + "test_by_hand.py::test_a_withdrawal_reaches_who_has_left_the_post_since"),
    Break("what is kept by hand falls all the same", "alerting/alerts/episodes.py",
          'if held is None or held.state != "open" or held.kept_by:',
          'if held is None or held.state != "open":',
          STORIES + "test_by_hand.py::test_what_is_kept_by_hand_outlasts_its_weather"),
    Break("a correction is not sent to those told", "alerting/alerts/corrected.py",
          "for key in sorted(posts):", "for key in ():",
          STORIES + "test_correct.py::"
          "test_a_wrong_argument_is_put_right_for_the_carrier_and_whoever_was_called"),
    Break("who went off duty answers for the post", "alerting/dispatch/readers.py",
          "if row.kind not in REACHES or row.wants:", "if row.kind not in REACHES:",
          STORIES + "test_correct.py::"
          "test_who_went_off_duty_hears_of_it_and_who_is_on_duty_answers"),
    Break("what was said to the wrong order counts", "alerting/alerts/corrected.py",
          "anew = not heard or _to_do(wrong)", "anew = not heard and _to_do(wrong)",
          STORIES + "test_correct.py::"
          "test_a_wrong_argument_is_put_right_for_the_carrier_and_whoever_was_called"),
    Break("what was corrected is sent all the same", "alerting/alerts/corrected.py",
          "if of_it and one.state == \"due\" and", "if False and",
          STORIES + "test_correct.py::test_what_was_not_sent_yet_is_never_sent"),
    Break("a correction needs no signature", "alerting/alerts/correcting.py",
          "elif row.decided_by is not None and row.decider is not None:", "elif False:",
          STORIES + "test_correct.py::"
          "test_what_was_signed_goes_to_its_decider_first_and_stands_until_they_answer"),
    # By text
    Break("a command is confirmed long after", "alerting/chase/waiting.py",
          "now[held.realm] - row.created <= CONFIRMED_WITHIN", "True",
          STORIES + "test_commands.py::"
          "test_after_ten_minutes_it_is_not_done_and_twice_it_is_done_once"),
    Break("anybody commands by text", "alerting/chase/commands.py",
          "if who.role not in ON_BEHALF:", "if False:",
          STORIES + "test_commands.py::"
          "test_who_has_no_role_is_told_so_and_what_a_message_asks_is_still_an_answer"),
    Break("one of several is taken for the one that is meant", "alerting/chase/commands.py",
          "if len(found) > 1:", "if False:",
          STORIES + "test_commands.py::test_of_several_in_one_message_one_is_named_by_its_letter"),
    Break("what was refused for a day is ordered ahead for it", "alerting/alerts/signing.py",
          "row.day is not None or at - one.ended <= TAKEN_BACK", "at - one.ended <= TAKEN_BACK",
          "tests/chase/test_confirming.py::"
          "test_what_was_refused_for_a_named_day_is_not_ordered_ahead_for_that_day"),
    Break("what came and went hides a refusal", "alerting/alerts/ledger.py",
          'measure.c.state.in_(("refused", "withdrawn"))))  # fmt: skip',
          "measure.c.number == row.number - 1))  # fmt: skip",
          "tests/chase/test_confirming.py::"
          "test_what_a_person_took_back_waits_for_its_signature_for_a_day"),
    Break("who was called for one question signs the next", "alerting/chase/rights.py",
          'now = {p.id for p in asked if p.state == "open"} or {p.id for p in asked}',
          "now = {p.id for p in asked}",
          "tests/chase/test_confirming.py::"
          "test_who_was_called_for_the_first_question_is_not_called_for_the_next"),
    Break("who signed cannot change it behind the link", "alerting/web/answer_page.py",
          'or (again and a == "approve-changed")]', "or False]",
          STORIES + "test_approval.py::"
          "test_hours_and_vehicles_are_narrowed_on_the_page_behind_the_link"),
    Break("who signed has no form to change it", "alerting/web/measure_page.py",
          '"changes": row.decided_by if theirs else None,', '"changes": None,',
          STORIES + "test_approval.py::test_who_signed_a_slip_changes_it_by_the_same_code"),
    Break("a level put right calls nobody out", "alerting/alerts/correcting_alerts.py",
          "called = callouts.put_right(ledger, place, held.id, facts, heard, at)",
          "called: dict[str, bool] = {}",
          "tests/alerts/test_corrected_calls.py::test_a_level_put_right_upwards_calls_out"),
    Break("a call-out outlasts the level that was wrong", "alerting/alerts/callouts.py",
          "if calling.at(level, held.hazard) is None:", "if False:",
          "tests/alerts/test_corrected_calls.py::"
          "test_what_calls_nobody_out_any_more_ends_the_call_and_the_called_hear_what_holds"),
    Break("a call that was taken back is not made again", "alerting/alerts/callouts.py",
          "called |= _call_again(ledger, held, heard, at)", "pass",
          "tests/alerts/test_corrected_calls.py::"
          "test_who_is_to_be_called_is_called_though_the_first_call_was_wrong_and_not_sent"),
    Break("who was told by the call-out alone hears no correction", "alerting/alerts/corrected.py",
          "if not (left_out and said):", "if True:",
          "tests/alerts/test_corrected_calls.py::"
          "test_who_was_told_of_a_place_by_a_call_out_alone_hears_that_it_was_wrong"),
    Break("a text of an exercise answers again in earnest", "alerting/chase/replies.py",
          "return connection.execute(known.limit(1)).first() is not None", "return False",
          "tests/chase/test_commands.py::"
          "test_a_text_that_was_taken_up_in_an_exercise_is_known_in_every_realm"),
    Break("a confirmation delivered again answers what has come since", "alerting/chase/replies.py",
          "Report(id=made.report.id, **fields)", 'Report(id=f"c{said_back.id}", **fields)',
          "tests/chase/test_commands.py::"
          "test_a_confirmation_has_the_id_of_its_text"),
    Break("what is said back is said twice", "alerting/dispatch/compose.py",
          'in ("question", "reply")', 'in ("question",)',
          STORIES + "test_commands.py::"
          "test_what_is_to_be_withdrawn_is_said_back_and_withdrawn_once_confirmed"),
    Break("two confirmations do it twice", "alerting/chase/commands.py",
          'if state != "answered":', "if True:",
          "tests/chase/test_commands.py::"
          "test_two_confirmations_that_were_read_before_either_was_done_do_it_once"),
    Break("a real order looks like the exercise's", "alerting/chase/commands.py",
          "held is None and not life.exercise and", "False and",
          "tests/chase/test_commands.py::"
          "test_an_order_without_a_code_says_that_it_is_real_while_an_exercise_runs"),
    Break("an article is a measure's letter", "alerting/chase/commanding.py",
          " and named[1] in letters:", ":",
          "tests/chase/test_commanding.py::test_without_letters_in_the_message_a_letter_is_the_reasons"),
    Break("tomorrow is a reason to order it now", "alerting/chase/understanding.py",
          "    if alone:", "    if False:",
          "tests/chase/test_commanding.py::"
          "test_an_hour_or_a_day_that_the_measure_does_not_have_is_no_reason"),
    Break("an hour of tomorrow is taken for today's", "alerting/chase/timing.py",
          "if (strikes.date() - now.date()).days != days:", "if False:",
          "tests/chase/test_commanding.py::test_an_hour_that_cannot_be_is_asked_back"),
    # Closed roads
    Break("a closure whose end has come goes on", "alerting/alerts/timed.py",
          "            expire(ledger, row, facts, at)", "            settle(ledger, row, facts, at)",
          STORIES + "test_closures.py::"
          "test_a_closure_ends_at_its_end_when_nobody_asks_any_longer_and_all_are_told"),
    Break("a neighbour's closure of another road counts", "alerting/places/roads.py",
          "return self.road.upper() == other.road.upper() and near and (", "return near and (",
          STORIES + "test_closures.py::"
          "test_a_neighbours_closure_asks_of_the_sections_that_meet_it_and_says_why"),
    # Orders and the chase
    Break("a rise does not void acknowledgements", "alerting/alerts/orders.py",
          'row.state == "in force" else "issued"',
          'row.state == "in force" else row.state if row.state == "acknowledged" else "issued"',
          STORIES + "test_orders.py::test_a_rise_voids_what_was_acknowledged"),
    Break("a second vacancy waits for its deadline", "alerting/chase/stepping.py",
          'notice.c.state == "nobody", notice.c.noted.is_(False))',
          'notice.c.state == "nobody", notice.c.noted.is_(False), notice.c.rung == 0)',
          STORIES + "test_climbing.py::test_two_vacant_posts_in_a_row_keep_nobody_waiting"),
    # Messages
    Break("bundling mixes level bands", "alerting/dispatch/bind.py",
          "key = (*of, contact.address,", "key = (*of[:2], contact.address,",
          STORIES + "test_falling.py::"
          "test_what_is_of_another_level_band_comes_in_a_message_of_its_own"),
    Break("the exercise's mark is dropped", "alerting/dispatch/texts/zh/message.j2",
          "{% if exercise %}", "{% if false %}",
          STORIES + "test_exercises.py::test_what_is_played_stays_in_its_realm"),
    Break("players are not told that it is over", "alerting/service/player.py",
          "and reason == STOPPED:", "and False:",
          STORIES + "test_exercises.py::"
          "test_a_real_alert_stops_the_exercise_and_its_players_are_told[hand]"),
    Break("real fog of yellow stops an exercise", "alerting/service/drills.py",
          "alert.c.level >= int(Level.orange)", "alert.c.level >= int(Level.yellow)",
          STORIES + "test_exercises.py::test_real_fog_of_yellow_lets_it_go_on"),
    Break("the watch's alarm stops an exercise", "alerting/service/drills.py",
          'alert.c.hazard.not_in(["season", "service"])', 'alert.c.hazard.not_in(["season"])',
          STORIES + "test_exercises.py::test_a_source_that_falls_silent_lets_it_go_on"),
    Break("what ends is said twice", "alerting/alerts/episodes.py",
          'ledger.change(one, state="withheld", reason="the withdrawal of its alert says it")', "pass",
          STORIES + "test_rules.py::"
          "test_what_leaves_the_book_leaves_nothing_open_and_nothing_stuck"),
    Break("nobody sees who is out of reach", "alerting/web/unreachable.py",
          "if one.stopped is None", "if True",
          STORIES + "test_answers.py::test_who_stops_the_messages_is_reported_to_the_duty_office"),
    Break("a resend does not ask first", "alerting/dispatch/outbox.py",
          "unsure = row.leased_until is not None or may_have_arrived(row)", "unsure = False",
          STORIES + "test_stopping.py::"
          "test_with_a_provider_that_hangs_and_the_message_arrives_once"),
    # What a month was
    Break("an exercise counts in the bulletin", "alerting/service/bulletin/window.py",
          "here = and_(table.c.realm == self.realm, begun < self.end)", "here = begun < self.end",
          STORIES + "test_exercises.py::test_what_is_played_stays_in_its_realm"),
    Break("any tier's answer gives the lead", "alerting/chase/closing.py",
          'post is None or post.tier != "field"', "post is None",
          "tests/web/test_bulletin.py::"
          "test_the_lead_runs_from_the_first_of_the_field_tier_to_the_onset"),
    # What meets, waits, and stands behind the gate
    Break("of two that conflict both are ordered", "alerting/alerts/meeting.py",
          "    if not names:\n", "    if True:\n",
          STORIES + "test_meeting.py::"
          "test_a_newer_one_that_the_older_yields_to_stands_meanwhile"),
    Break("nobody stands meanwhile", "alerting/alerts/settling.py",
          "if second.measure not in life.measure(first.measure).yields:", "if True:",
          STORIES + "test_meeting.py::test_silence_on_supply_or_halt_brings_the_people_up"),
    Break("what comes first is not waited for", "alerting/alerts/asking.py",
          "    if not missing and not lost:\n", "    if True:\n",
          STORIES + "test_meeting.py::"
          "test_a_closure_waits_for_the_ban_that_is_asked_on_its_behalf"),
    Break("three points open the gate", "alerting/alerts/gate.py",
          "        if wrong:\n", "        if False:\n",
          STORIES + "test_gate.py::test_a_no_or_a_gap_is_refused_and_the_regulator_told"),
    Break("anybody attests", "alerting/chase/meetings.py",
          "if not holds(connection, said.who, row.carrier):", "if False:",
          STORIES + "test_gate.py::test_no_digit_no_bare_check_and_nobody_else_opens_it"),
    # What offices say
    Break("a warning of no known kind is told to nobody", "alerting/service/troubles.py",
          "        *_unknown_warnings(station, now),\n", "",
          STORIES + "test_warnings.py::"
          "test_a_kind_that_nobody_knows_is_shown_and_told_to_the_duty_office_until_it_ends"),
    Break("a silent feed keeps an epidemic going", "alerting/alerts/facts.py",
          "if hazard not in BY_BULLETIN and self.book", "if self.book",
          STORIES + "test_epidemic.py::"
          "test_its_period_ends_it_and_the_page_takes_and_ends_one"),
    Break("a bulletin nobody heeds is taken", "alerting/service/heeded.py",
          "if not isinstance(signal, Incident) or", "if True or",
          STORIES + "test_incidents.py::"
          "test_an_accident_of_another_kind_orders_nothing_and_its_sender_is_told"),
    Break("a halt loses its gate with the book", "alerting/alerts/orders.py",
          ".gate or bool(row.gate)", ".gate",
          STORIES + "test_gate.py::test_a_halt_that_leaves_the_book_keeps_its_gate"),
    # Many places, named days
    Break("every school is a question of its own", "alerting/vocabulary/questions.py",
          "if one.wants not in TOGETHER or one.measure is None or not about:", "if True:",
          STORIES + "test_schools.py::"
          "test_one_question_and_one_digit_for_all_schools_above_a_height"),
    Break("the second evening is not asked", "alerting/alerts/engine.py",
          "puts = self._puts(rule, signal)", "puts = False",
          STORIES + "test_schools.py::"
          "test_each_evening_asks_anew_for_the_next_school_day_and_dawn_for_the_same"),
    Break("what is unticked is answered too", "alerting/web/answer_page.py",
          'subject, detail["with"] = f"notice:{chosen[0]}", chosen[1:]',
          'subject, detail["with"] = f"notice:{chosen[0]}", [s["id"] for a in shown["asks"]'
          ' for s in a.get("several", ())]',
          STORIES + "test_schools.py::"
          "test_a_school_is_taken_out_on_the_page_and_asked_about_alone"),
    # Approval
    Break("whoever asks for more undoes what was signed", "alerting/alerts/asking.py",
          "now = signing.as_signed(row, asked)", "now = asked",
          STORIES + "test_approval.py::"
          "test_a_number_is_changed_by_text_and_stands_until_the_level_rises"),
    Break("a rise asks nobody anew", "alerting/alerts/asking.py",
          "    signing.put_anew(ledger, row, asked, facts, at)\n", "",
          STORIES + "test_approval.py::test_a_refusal_of_the_rise_keeps_what_was_signed"),
    Break("a signed end gives way to the one that was asked", "alerting/alerts/timed.py",
          "elif stands(row, at):", "elif False:",
          "tests/alerts/test_signing.py::"
          "test_a_signed_end_counts_not_the_earlier_one_of_who_asked"),
    Break("hours signed anew meet a conflict unasked", "alerting/alerts/asking.py",
          "    pieces = [", "    apart = []\n    pieces = [",
          "tests/alerts/test_signing.py::"
          "test_the_rise_taken_as_it_was_put_is_asked_about_where_it_meets_a_conflict"),
    Break("a slip in an hour is signed", "alerting/alerts/signing.py",
          "if (earlier or later) and (ended or apart):", "if False:",
          "tests/alerts/test_signing.py::"
          "test_an_end_that_has_passed_and_a_beginning_of_what_is_on_are_refused"),
    Break("what was cut off is proposed again", "alerting/alerts/joint.py",
          "_meet(hours_of_all(row), hours, at)", "_meet((row.begins, row.ends), hours, at)",
          "tests/alerts/test_signing.py::test_what_was_cut_off_is_not_proposed_again"),
    Break("nobody new is heard at the same colour", "alerting/alerts/signing.py",
          "    if new and joined(", "    if False and joined(",
          "tests/alerts/test_signing.py::"
          "test_another_who_asks_for_what_was_cut_has_it_put_anew_the_same_does_not"),
    Break("the call shows what stands, not what is put", "alerting/chase/calls.py",
          'if pursuit.wants == "decision":', "if False:",
          STORIES + "test_approval.py::test_a_refusal_of_the_rise_keeps_what_was_signed"),
    Break("there is no deputy", "alerting/chase/ladder.py",
          "        found.append(deputy)\n", "        pass\n",
          STORIES + "test_approval.py::test_silence_goes_to_the_deputy_before_the_tiers_above"),
    Break("a refusal is not asked why", "alerting/chase/replies.py",
          "    if owed is not None and parsed.code", "    if False and owed is not None and parsed.code",
          STORIES + "test_approval.py::"
          "test_a_refusal_without_a_reason_counts_and_the_reason_is_asked_for_once"),
    # Rosters
    Break("nobody is handed over", "alerting/service/duty_loop.py",
          "if due is None or due > now:", "if True:",
          STORIES + "test_rosters.py::"
          "test_a_call_that_goes_on_over_a_hand_over_rings_at_whoever_came"),
    Break("a gap ahead is not looked for", "alerting/people/duty.py",
          "next((one for one in ahead if not one.people), None)", "None",
          STORIES + "test_rosters.py::test_a_night_without_anybody_is_told_the_day_before"),
    Break("a change outlives its shift", "alerting/people/rosters.py",
          "            if not all(_meets(connection, one, zone) for one in part):", "            if False:",
          STORIES + "test_rosters.py::test_a_change_whose_shift_moves_is_flagged_and_puts_nobody_on"),
    Break("two decide on one hour", "alerting/people/roster_changes.py",
          "    if held is None:\n        return\n", "    return\n",
          STORIES + "test_rosters.py::"
          "test_somebody_else_is_on_duty_for_a_while_and_both_are_told"),
    Break("a swap is anybody's to take", "alerting/people/roster_changes.py",
          "if desk.by.id != rows[0].person:", "if False:",
          STORIES + "test_rosters.py::test_a_swap_is_asked_by_one_and_taken_by_the_other"),
    Break("half a swap stands", "alerting/people/rosters.py",
          "swap = len({one.person for one in part}) > 1", "swap = False",
          "tests/people/test_roster_changes.py::test_a_swap_stands_whole_or_not_at_all"),
    Break("an order to come ends the one in force", "alerting/people/rosters.py",
          '{"before": before} if later and before else {}', "{}",
          "tests/people/test_duty.py::"
          "test_a_roster_that_begins_later_leaves_the_one_in_force_until_then"),
    Break("a lost file says that there are no rosters", "alerting/people/roster_file.py",
          "    if not path.exists():\n        raise BadInput(", "    if not path.exists():\n        return {}\n        raise BadInput(",
          "tests/people/test_roster_file.py::test_a_file_that_is_named_and_not_there_is_said"),
    Break("a gap behind another is swallowed", "alerting/service/watch_loop.py",
          'return level or not set(trouble.of) <= set(held.why.get("of", ()))', "return level",
          "tests/service/test_watch_loop.py::test_each_gap_is_told_though_another_was_before_it"),
    Break("a new number is tried last", "alerting/people/register.py",
          "if one.verified and loudness.get(one.channel, 0) >= loud]", "if one.verified]",
          "tests/dispatch/test_bind.py::"
          "test_a_changed_number_stays_before_a_page_that_nobody_hears"),
    Break("who is on duty besides is not called", "alerting/dispatch/readers.py",
          'if row.who in LISTS or row.post in self._together:', 'if row.who in LISTS:',
          "tests/dispatch/test_bind.py::"
          "test_whoever_the_roster_has_on_duty_besides_is_called_too"),
    Break("a number is two people's", "alerting/people/tables.py",
          "elif channel in phone_channels and (channel, address) in owners:", "elif False:",
          "tests/people/test_tables.py::test_an_address_is_one_persons"),
    # Responses and return forms
    Break("a response starts without a note", "alerting/chase/acts.py",
          "    if not said.text:\n        return Outcome", "    if False:\n        return Outcome",
          STORIES + "test_responses.py::"
          "test_a_warning_proposes_and_only_the_post_starts_it_with_a_note"),
    Break("a response is not told what it lost", "alerting/alerts/settling.py",
          "if post is not None and post.id not in told:", "if False:",
          STORIES + "test_meeting.py::"
          "test_a_response_hears_that_what_it_asked_for_was_decided_against"),
    Break("a digit stands in for a form", "alerting/chase/carrying.py",
          'return Outcome("refused", reply_words.form_needed(), "its form is missing")', "pass",
          STORIES + "test_incidents.py::"
          "test_a_bulletin_orders_an_inspection_whose_form_comes_back_by_link"),
    # Policies
    Break("the last rung is given up", "alerting/chase/stepping.py",
          "_call_again(connection, life, held, called, now, by=_slowly(life, held, now))",
          "_wait_until(connection, held, None)",
          STORIES + "test_policies.py::"
          "test_all_of_the_last_rung_are_called_and_never_left_alone_until_one_answers"),
    Break("unread waits as long as read", "alerting/people/policy.py",
          "if louder and not read and unread is not None:", "if False:",
          STORIES + "test_policies.py::test_a_text_that_is_not_read_in_three_minutes_rings"),
    Break("one speaks for everyone", "alerting/chase/everyone.py",
          "    if not left:\n", "    if True:\n",
          STORIES + "test_policies.py::"
          "test_everyone_on_the_list_must_say_so_and_only_who_has_not_is_called_again"),
    Break("policies.yaml is not read", "alerting/rulebook/loading.py",
          "files.get(POLICIES), problems)", "None, problems)",
          STORIES + "test_policies.py::"
          "test_a_policy_changed_in_the_middle_holds_from_the_next_step"),
    Break("timers stay where the clock was", "alerting/service/clock_loop.py",
          "            move_timers(connection, station.life(LIVE), self._owed, runtime.now())\n", "",
          STORIES + "test_policies.py::"
          "test_a_clock_set_an_hour_back_or_on_neither_delays_nor_hastens_a_call"),
    Break("a clock set back silences what is new", "alerting/service/clock_set.py",
          'realm.c.kind != "exercise", realm.c.clock > now', 'realm.c.kind == ""',
          STORIES + "test_policies.py::"
          "test_what_comes_in_after_the_clock_was_set_back_is_told_at_once"),
    # Storms, quiet hours, consent
    Break("blue wakes people at night", "alerting/dispatch/withholding.py",
          "if until is None or row.level > Level.blue:", "if True:",
          STORIES + "test_storms.py::test_blue_waits_for_the_morning_and_its_order_does_not"),
    Break("a storm is no digest", "alerting/dispatch/digest.py",
          "return max(0, MOST - self._sent[key, _asks(row)])", "return 999",
          STORIES + "test_storms.py::"
          "test_a_red_front_over_many_places_is_three_messages_then_one_a_minute"),
    Break("one answer takes what never left", "alerting/chase/told.py",
          "return and_(handed_over(), delivery.c.state.not_in(GIVEN_UP))",
          "return delivery.c.state.not_in(GIVEN_UP)",
          "tests/dispatch/test_answering.py::"
          "test_an_answer_to_one_summary_is_none_to_the_next_that_never_left"),
    Break("ends stand among orders", "alerting/dispatch/digest.py",
          '(_ENDS if row.kind in ENDS else "")', '""',
          "tests/dispatch/test_digest.py::test_an_end_in_a_storm_is_told_by_itself_as_an_end"),
    Break("a digest outlives its storm", "alerting/dispatch/digest.py",
          "CALM = timedelta(minutes=10)", "CALM = timedelta(days=10)",
          "tests/dispatch/test_digest.py::"
          "test_a_digest_ends_with_its_storm_though_one_thing_is_never_answered"),
    Break("a day's budget silences an order", "alerting/dispatch/bind.py",
          "real and any(row.wants or row.kind in HOLDS_NO_MORE for row in rows))", "False)",
          "tests/dispatch/test_budget.py::"
          "test_what_wants_an_answer_is_held_by_no_budget_of_an_hour_or_a_day"),
    Break("whoever stands out in red sleeps through its fall", "alerting/dispatch/withholding.py",
          "if not is_news(row) or (row.kind in ENDS and called_out):", "if not is_news(row):",
          "tests/dispatch/test_quiet.py::"
          "test_who_stands_out_in_orange_or_red_hears_its_fall_in_the_night"),
    Break("any code verifies", "alerting/chase/consent.py",
          'if _digest(_plain(str(report.detail.get("text", "")))) != row.digest:', "if False:",
          STORIES + "test_storms.py::test_a_number_is_verified_by_the_code_that_was_sent_to_it"),
    Break("a wait of no time at all is taken", "alerting/people/policy.py",
          "Field(ge=1, le=7 * 24 * 60)", "Field(le=7 * 24 * 60)",
          "tests/rulebook/test_policies.py::test_each_fault_is_named_with_its_line"),
    Break("a policy that is never used is not said", "alerting/people/policy.py",
          "        if name not in first:\n", "        if False:\n",
          "tests/rulebook/test_policies.py::test_what_never_counts_is_warned_of_with_its_line"),
    Break("who may not decide is named only where nobody may", "alerting/service/duties.py",
          "        if not names:\n", "        if len(lacking[post]) < len(lists[post]):\n",
          "tests/cli/test_check.py::"
          "test_who_is_on_a_list_that_decides_and_may_not_is_named_by_check_and_doctor"),
    Break("a noisy rule goes first", "alerting/dispatch/turns.py",
          "turn = self._next.get(channel, 0) if last is None else last + 1", "turn = 0",
          STORIES + "test_storms.py::"
          "test_a_noisy_rule_does_not_hold_up_the_first_alert_of_a_quiet_one"),
    Break("a call that rings goes on to who went off duty", "alerting/dispatch/superseding.py",
          "elif row.fallback_of is None and _left(", "elif False and _left(",
          STORIES + "test_rosters.py::"
          "test_a_call_that_still_rings_at_the_hand_over_is_made_to_whoever_came"),
    # Drills
    Break("a red order by hand goes on beside a drill", "alerting/service/player.py",
          "look = drills.real_alert if self.drill is None else drills.real_work",
          "look = drills.real_alert",
          STORIES + "test_drills.py::"
          "test_a_real_order_of_red_that_no_alert_asks_for_stops_it_until_it_is_in_force"),
    Break("a step is forgotten before it is written down", "alerting/service/player.py",
          "            await self._station.publish(realm.id, due)\n            del queue[: len(due)]",
          "            del queue[: len(due)]\n            await self._station.publish(realm.id, due)",
          STORIES + "test_drills.py::"
          "test_a_step_that_could_not_be_written_down_is_played_once_it_can"),
    Break("one answer to everything counts for no channel", "alerting/service/drill_figures.py",
          "        if message is None:\n", "        if False:\n",
          STORIES + "test_drills.py::"
          "test_one_answer_to_everything_counts_on_the_channel_it_came_by"),
    Break("a drill is held for somebody who has left", "alerting/service/drill_loop.py",
          "        elif left:\n", "        elif False:\n",
          STORIES + "test_drills.py::"
          "test_a_drill_whose_organiser_has_left_is_not_held_and_the_office_hears_so"),
    Break("a plan that is gone is an interruption", "alerting/service/drill_loop.py",
          'how, remark = "plan", error.text()', "remark = error.text()",
          STORIES + "test_drills.py::"
          "test_a_plan_that_is_gone_after_a_restart_ends_its_drill_which_says_so"),
    Break("a storm is started over a drill", "alerting/service/player.py",
          "            if drills.running(connection) is not None:\n", "            if False:\n",
          "tests/service/test_player.py::"
          "test_a_storm_that_is_started_again_in_the_moment_a_drill_begins_is_refused"),
    Break("a drill answers for people who live", "alerting/service/player.py",
          "        if not self._stand_ins:\n            return\n", "",
          STORIES + "test_drills.py::"
          "test_in_a_real_county_nobody_answers_in_place_of_those_who_live"),
    Break("a drill is played late", "alerting/service/drill_loop.py",
          "if now - row.due > drills.LATE:", "if False:",
          STORIES + "test_drills.py::"
          "test_a_drill_missed_while_nobody_ran_is_said_and_not_played_late"),
    Break("a kill ends a drill without a word", "alerting/service/drill_loop.py",
          "if running is not None and self._station.player.drill != running.id:", "if False:",
          STORIES + "test_drills.py::"
          "test_a_drill_goes_on_after_a_kill_and_its_report_says_so"),
    Break("everybody sees an unannounced drill coming", "alerting/service/drill_listing.py",
          'return row.state == "scheduled" and not row.announced', "return False",
          STORIES + "test_drills.py::"
          "test_an_unannounced_drill_is_known_to_nobody_and_marked_in_every_message"),
    Break("a drill begins beside a real alert", "alerting/service/drill_loop.py",
          "elif real is not None:", "elif False:",
          STORIES + "test_drills.py::"
          "test_a_real_alert_of_orange_stops_it_and_a_drill_due_meanwhile_is_not_held"),
    Break("what is said about drills is not marked", "alerting/service/clock.py",
          'title={"zh": "演练安排", "en": "Drills"}, exercise=True,',
          'title={"zh": "演练安排", "en": "Drills"}, exercise=False,',
          STORIES + "test_drills.py::"
          "test_an_announced_drill_is_told_a_day_ahead_and_called_off_with_word"),
    Break("a cry for help beside an answer is heard by nobody", "alerting/chase/distress.py",
          '")) or cries(_said(report))', '"))',
          "tests/chase/test_answers.py::"
          "test_a_cry_of_somebody_of_whom_nothing_is_asked_is_heard_too"),
    # Ordered now, confirmed after; what a decider sees besides
    Break("nobody is asked to confirm what went ahead", "alerting/alerts/orders.py",
          "if not unconfirmed(row) or decider is None:", "if True:",
          STORIES + "test_approval.py::"
          "test_an_order_ahead_of_its_signature_says_so_and_is_confirmed"),
    Break("an order ahead of its signature looks signed", "alerting/dispatch/wording.py",
          'if any(m.get("ahead") for m in measures):', "if False:",
          STORIES + "test_approval.py::"
          "test_an_order_ahead_of_its_signature_says_so_and_is_confirmed"),
    Break("what is taken back stands", "alerting/alerts/measures.py",
          "if row is not None and unconfirmed(row):", "if False:",
          STORIES + "test_approval.py::"
          "test_unanswered_it_stands_and_climbs_and_who_takes_it_back_reaches_everybody"),
    Break("taken back, and ordered again over their head", "alerting/alerts/signing.py",
          "if _taken_back(ledger, row, at):", "if False:",
          STORIES + "test_approval.py::"
          "test_unanswered_it_stands_and_climbs_and_who_takes_it_back_reaches_everybody"),
    Break("a closure goes ahead of the traffic police", "alerting/rulebook/measures.py",
          'if self.road == "closes" or any(', "if any(",
          "tests/rulebook/test_districts.py::test_what_cannot_go_ahead_is_refused_at_its_line"),
    Break("the neighbours are not told of", "alerting/dispatch/around.py",
          "next_door = found.told + in_words(found.beside, book, places)", "next_door = found.told",
          STORIES + "test_approval.py::"
          "test_a_decider_sees_what_happens_meanwhile_and_what_the_neighbours_do"),
    # Hand-overs
    Break("who has not confirmed is on duty", "alerting/people/handing.py",
          "        return on\n", "        return shift.people\n",
          STORIES + "test_hand_over.py::"
          "test_whoever_comes_is_asked_ahead_and_whoever_was_there_is_called_until_they_confirm"),
    Break("whoever is on duty is asked to take over", "alerting/dispatch/readers.py",
          "if row.post is None or row.who == INCOMER:", "if row.post is None:",
          STORIES + "test_hand_over.py::"
          "test_whoever_comes_is_asked_ahead_and_whoever_was_there_is_called_until_they_confirm"),
    Break("on my way is taken over", "alerting/chase/replies.py",
          '_DONE = ("in-force", "attest", "take-over")', '_DONE = ("in-force", "attest")',
          STORIES + "test_hand_over.py::"
          "test_whoever_comes_is_asked_ahead_and_whoever_was_there_is_called_until_they_confirm"),
    Break("silence at a hand-over is told to nobody", "alerting/chase/handing_over.py",
          "    if calls_left == 0:\n", "    if False:\n",
          STORIES + "test_hand_over.py::"
          "test_silence_is_called_twice_louder_then_told_and_a_restart_loses_nothing"),
    Break("anybody confirms for the incomer", "alerting/service/hand_overs.py",
          "if by.id != row.incomer and by.role not in ORDER:", "if False:",
          STORIES + "test_hand_over.py::"
          "test_nobody_but_the_incomer_confirms_and_a_supervisor_only_with_a_reason"),
    Break("who has left the register stays on duty", "alerting/people/handing.py",
          "return tuple(one for one in _rows_now(connection, post) if one in known)",
          "return tuple(_rows_now(connection, post))",
          STORIES + "test_hand_over.py::"
          "test_where_whoever_should_stay_has_left_the_incomer_is_on_duty_unconfirmed"),
    # Call-outs
    Break("the plain news comes beside the call-out", "alerting/alerts/spreading.py",
          "elif called[post.id]:", "elif False:",
          STORIES + "test_callouts.py::"
          "test_a_red_alert_calls_its_township_out_and_the_report_ends_the_calls"),
    Break("a report that falls short ends the calls", "alerting/chase/reporting.py",
          "    if lacks:\n", "    if False:\n",
          STORIES + "test_callouts.py::"
          "test_a_report_that_falls_short_is_asked_back_by_name_and_help_reaches_the_office"),
    Break("a call-out ends with the first of its alerts", "alerting/alerts/callouts.py",
          'not any(one and one.state == "open" for one in others)', "True",
          STORIES + "test_callouts.py::"
          "test_many_alerts_of_a_township_are_one_call_out_that_ends_with_the_last"),
    Break("a silent village is no matter of its township", "alerting/chase/ladder.py",
          "    if parent is not None:\n", "    if False:\n",
          STORIES + "test_callouts.py::"
          "test_a_township_passes_on_to_its_villages_and_they_count_beneath_it"),
    Break("a tick does not end the calls", "alerting/chase/reporting.py",
          "    if not pursuits.answered(connection, life, held.id, said.who.id, said.at):\n"
          "        return no_more", "    if False:\n        return no_more",
          STORIES + "test_callouts.py::"
          "test_who_does_not_answer_is_called_again_and_the_office_ticks_them_off"),
    Break("anybody ticks off", "alerting/chase/reporting.py",
          "    if not may_speak_for(connection, said.who):", "    if False:",
          "tests/alerts/test_callouts.py::test_only_the_office_ticks_off_and_says_how_and_why"),
    Break("nobody waits for the closing report", "alerting/chase/pursuits.py",
          "pursuit.c.wants.not_in(CALLED), closed", "closed",
          STORIES + "test_callouts.py::"
          "test_at_the_end_the_closing_report_is_asked_until_it_is_in"),
    Break("a rise calls nobody besides", "alerting/alerts/callouts.py",
          "        if post.id not in {one.post for one in known}:", "        if False:",
          CALLED + "test_who_is_called_at_the_higher_level_alone_is_called_by_the_rise"),
    Break("what rose again asks nothing", "alerting/alerts/callouts.py",
          "        stood = max(stood, heard)", "        stood = held.level",
          CALLED + "test_what_fell_and_rises_again_is_asked_anew"),
    Break("a fall that nobody heard of asks anew", "alerting/alerts/spreading.py",
          "stood = was if heard else max(was, *told.values())", "stood = was",
          CALLED + "test_a_rise_to_what_they_were_last_told_asks_nothing_anew"),
    Break("what joins a call-out is not called for", "alerting/alerts/spreading.py",
          "(not called[post.id] and post.id in first)", "False",
          CALLED + "test_what_joins_later_is_told_and_called_for_until_it_was_received"),
    Break("what a call-out told of is over without a word", "alerting/alerts/notices.py",
          ' or (one.state, one.reason) == ("withheld", SAYS_IT)', "",
          CALLED + "test_what_the_message_of_a_call_out_told_of_is_told_to_be_over"),
    Break("a call-out is of the first township of a road", "alerting/alerts/callouts.py",
          "return [zone for zone in zones if zone in places.by_id]",
          "return [zone for zone in zones if zone in places.by_id][:1]",
          CALLED + "test_a_road_through_two_townships_calls_both_out_and_a_bureau_once"),
    Break("red is called for what has fallen", "alerting/chase/stepping.py",
          "    held = _at_its_level(connection, life, held, now)\n", "",
          CALLED + "test_what_has_fallen_is_called_for_at_the_pace_of_where_it_stands"),
    Break("help is over with its alert", "alerting/chase/calls.py",
          "        alert_id, measure_id = _not_over(connection, alert_id, measure_id)\n", "        pass\n",
          CALLED + "test_help_that_is_asked_for_after_the_first_alert_is_over_reaches_the_office"),
    Break("who reports for another is awake in their place", "alerting/chase/reporting.py",
          '{"woken_by": one.woken_by or said.who.id}',
          '{"woken": said.at, "woken_by": one.woken_by or said.who.id}',
          CALLED + "test_who_reports_for_another_wakes_nobody"),
    Break("a tick outlives a rise", "alerting/service/callout_listing.py",
          "one.ticked is not None and one.ticked >= one.asked_at", "one.ticked is not None",
          CALLED + "test_who_was_ticked_off_is_waited_for_again_after_a_rise"),
    Break("a clock that is set leaves call-outs behind", "alerting/service/clock_set.py",
          "    _move(connection, callee, _OF_A_CALLEE, by, callee.c.callout.in_(called_out))\n", "",
          CALLED + "test_a_clock_that_is_set_moves_a_call_out_with_all_that_counts_from_it"),
    Break("the office's list waits for its time", "alerting/chase/stepping.py",
          "    _call_again(connection, life, held, called, now, round_=times)\n    return True\n",
          "    return False\n",
          "tests/chase/test_answers.py::test_where_whoever_is_on_duty_at_the_office_is_out_of_reach_"
          "its_whole_list_is_called_at_once"),
    Break("a call says no word of who asked for help", "alerting/chase/calls.py",
          "    if cried := _cried(connection, pursuit):", "    if False and (cried := {}):",
          "tests/chase/test_answers.py::test_where_whoever_is_on_duty_at_the_office_is_out_of_reach_"
          "its_whole_list_is_called_at_once"),
    Break("who is awake late is called no more", "alerting/chase/stepping.py",
          "is_awake(connection, held):", "False:",
          CALLED + "test_who_wakes_after_the_office_was_called_answers_for_themselves_and_is_called_on"),
    Break("the page takes nothing of who is called once the office is", "alerting/chase/targets.py",
          "    return Targets((own or asked)[-1:])", "    return Targets(asked[-1:]) if asked[-1:] == own[-1:] "
          'else Targets([], None, Outcome("refused", words.not_asked(), "was not asked"))',
          CALLED + "test_who_wakes_after_the_office_was_called_answers_for_themselves_and_is_called_on"),
    # What moves at random have found
    Break("what was warned of before the clock was set back is forgotten", "alerting/service/station.py",
          "signal = stamped_by(signal, now)", "signal = signal",
          STORIES + "test_policies.py::"
          "test_what_comes_in_after_the_clock_was_set_back_is_told_at_once"),
    Break("a hand-over of a shift to come stays in the way", "alerting/people/handing.py",
          "if ahead is not None:  # of a shift", "if False:  # of a shift",
          LAWS + "test_a_clock_set_back_to_before_a_shift_asks_for_the_hand_over_of_the_one_that_runs"),
    Break("a call is made after its answer", "alerting/dispatch/superseding.py",
          '(one.kind in CALLS and ("pursuit", one.pursuit) in ended)', "False",
          LAWS + "test_a_call_that_waits_for_its_channel_is_not_made_after_the_answer"),
    Break("a call keeps a rise from its reader", "alerting/alerts/spreading.py",
          'ledger.notices("alert", alert)[before:] if', 'ledger.notices("alert", alert) if',
          LAWS + "test_a_rise_in_the_moment_of_a_call_is_told_to_whom_that_calls_for_something_else"),
    Break("who has left stops all sending", "alerting/dispatch/ways.py",
          "if again and here and not", "if again and not",
          "tests/dispatch/test_receipts.py::"
          "test_what_did_not_reach_somebody_who_has_left_is_dead_and_holds_up_nobody"),
    Break("who was told is told again for others", "alerting/dispatch/readers.py",
          "return (row.id, reader.person.id) in self._had", "return False",
          "tests/dispatch/test_budget.py::"
          "test_who_was_told_on_another_channel_is_not_told_again_when_others_on_the_list_are"),
    Break("a red question waits for its list", "alerting/dispatch/digest.py",
          "if one.waits_for_nothing:", "if False:",
          "tests/dispatch/test_digest.py::test_a_red_question_waits_for_no_digest"),
    Break("call-outs are gathered one by one", "alerting/dispatch/bind.py",
          'if going is None else ("digest", sort_of(row))', 'if True else ("digest", sort_of(row))',
          "tests/dispatch/test_digest.py::"
          "test_forty_call_outs_to_one_person_are_three_messages_and_a_list"),
    Break("one report answers for all villages of an alert", "alerting/chase/told.py",
          "about = one.pursuit if one.wants in CALLED else", "about =",
          "tests/dispatch/test_digest.py::"
          "test_a_list_of_call_outs_is_answered_post_by_post_though_one_alert_calls_them_all"),
    Break("a digest's page does not answer what came before", "alerting/chase/targets.py",
          "sent = told_by(connection, held) if held is not None",
          "sent = carried(connection, held.id) if held is not None",
          "tests/dispatch/test_digest.py::"
          "test_a_list_of_call_outs_is_answered_post_by_post_though_one_alert_calls_them_all"),
    Break("a stuck engine holds a red question for ever", "alerting/dispatch/bind.py",
          "return now - self.drafts.half_taken[key] < HALF_TAKEN_AT_MOST", "return True",
          "tests/dispatch/test_together.py::"
          "test_a_signal_that_stays_half_taken_holds_no_question_for_ever"),
    Break("a day's budget holds back a withdrawal", "alerting/dispatch/bind.py",
          "row.wants or row.kind in HOLDS_NO_MORE", "row.wants",
          "tests/dispatch/test_budget.py::test_what_holds_no_more_is_not_said_tomorrow"),
    Break("the ends of a storm trickle for hours", "alerting/dispatch/withholding.py",
          "before = [at for at in moments if at + MOMENT < now]", "before = moments",
          "tests/dispatch/test_bind.py::"
          "test_a_storm_that_ends_at_200_places_has_not_ended_for_half_the_night"),
    Break("a fall is lost while its start waits", "alerting/dispatch/withholding.py",
          'waits = _start_waits(connection, row, now) if row.kind == "fall" else None', "waits = None",
          "tests/dispatch/test_bind.py::test_a_fall_is_told_after_its_start_though_that_waits"),
    Break("two machines thank each other for ever", "alerting/chase/answers.py",
          'if len({one.partition("#")[0] for one in ids}) <= ALIKE:', "if True:",
          "tests/chase/test_answers.py::test_two_machines_do_not_answer_each_other_for_ever"),
    Break("our own reply is what they mean", "alerting/chase/replies.py",
          "home = home or not_replies(connection, theirs)", "home = home or theirs",
          "tests/chase/test_answers.py::"
          "test_a_machine_that_was_asked_nothing_is_not_answered_for_ever_either"),
    Break("a call for help waits for a code", "alerting/chase/distress.py",
          'or bool(report.detail.get("support")) or', "or",
          "tests/chase/test_answers.py::test_a_call_for_help_waits_for_no_code"),
    Break("a list of codes without end", "alerting/chase/replies.py",
          "[:hints.LISTED]:", ":",
          "tests/chase/test_answers.py::"
          "test_a_list_of_what_waits_is_a_few_with_the_newest_and_how_many_more"),
    Break("a page that rings nowhere is a way to them", "alerting/chase/answers.py",
          "if loud and not any(one.channel in loud for one in left):", "if False:",
          "tests/chase/test_answers.py::"
          "test_who_stops_all_that_rings_is_told_of_in_orange_though_a_page_is_left"),
    Break("a wish that is fulfilled is told again", "alerting/chase/answers.py",
          "if not changed and (reachable or not stop):", "if False:",
          "tests/chase/test_answers.py::"
          "test_the_same_wish_over_and_over_is_told_to_the_office_once"),
    Break("a code is a unit", "alerting/dispatch/codes.py",
          "if not _OTHERWISE.fullmatch(code", 'if not re.fullmatch("-", code',
          "tests/dispatch/test_codes.py::test_every_code_is_read_as_itself_and_as_nothing_else"),
    Break("one of two codes is answered", "alerting/chase/reading.py",
          "if made is not None and _names_another(made, codes):", "if False:",
          "tests/chase/test_reading.py::test_what_could_mean_two_things_is_asked_back"),
    Break("only the bare word stops", "alerting/chase/reading.py",
          "word = spoken.without_courtesy(plain.lower())", "word = plain.strip(_SEPARATORS).lower()",
          "tests/chase/test_reading.py::test_what_people_text"),
    Break("a place on a road is a code", "alerting/chase/reading.py",
          "if re.match(_STAKE, after):", "if False:",
          "tests/chase/test_reading.py::test_what_people_text"),
    Break("everybody is sent a code each time", "alerting/service/reach.py",
          "contact.c.verified.is_(None), ~asked)", "contact.c.verified.is_(None))",
          STORIES + "test_storms.py::"
          "test_everybody_who_is_not_verified_is_sent_a_code_once_a_day"),
    # What a page does to whoever reads it
    Break("a message shows its reader's link to others", "alerting/web/sent.py",
          'row.text.replace(f"/a/{row.link}", "/a/…")', "row.text",
          "tests/web/test_sent.py::"
          "test_nobody_is_shown_the_link_that_stands_for_somebody_else"),
    Break("a form is taken away while it is filled in", "alerting/web/callout_page.py",
          "refresh=0 if problem or filled_in else every", "refresh=every",
          STORIES + "test_callouts.py::"
          "test_who_does_not_answer_is_called_again_and_the_office_ticks_them_off"),
    Break("a deputy who may not decide is called", "alerting/chase/ladder.py",
          "deputy if deputy is not None and _may_decide(connection, deputy) else None", "deputy",
          "tests/chase/test_climbing.py::test_nor_is_a_deputy_who_may_not"),
    Break("a road's clear does not reach who is called for something else", "alerting/alerts/spreading.py",
          "told - asked", "told if not asked else ()",
          "tests/alerts/test_callouts.py::"
          "test_a_road_that_is_clear_again_is_told_to_a_township_that_is_called_for_something_else"),
    Break("who may not decide is woken for a decision", "alerting/chase/ladder.py",
          "if pursuit.wants in DECISIONS:", "if False:",
          "tests/chase/test_climbing.py::test_who_may_not_decide_is_not_woken_for_a_decision"),
    Break("who was overtaken moves the position", "alerting/bus/embedded.py",
          "update(realm).where(realm.c.id == realm_id, realm.c.taken == was).values(taken=seq)",
          "update(realm).where(realm.c.id == realm_id).values(taken=seq)",
          "tests/bus/test_embedded.py::test_who_was_overtaken_moves_nothing_and_keeps_nothing"),
    Break("two do what one alone may", "alerting/store/link.py",
          "zip(missing, row, strict=False) if free)", "zip(missing, row, strict=False))",
          "tests/store/test_shared.py::test_one_of_two_holds_a_thing_and_the_other_takes_it_when_that_is_gone"),
    Break("who says nothing keeps its part", "alerting/store/link.py",
          'PATIENCE = "4s"', 'PATIENCE = "400s"',
          "tests/store/test_shared.py::test_who_says_nothing_loses_it"),
    Break("nobody hears of a commit", "alerting/store/postgres.py",
          'connection.exec_driver_sql(f"NOTIFY {NEWS}")', "pass",
          "tests/store/test_shared.py::test_a_commit_is_news_to_the_others_and_a_transaction_that_fails_is_not"),
    Break("several write at a time", "alerting/store/postgres.py",
          'connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITING})")', "pass",
          "tests/store/test_shared.py::test_one_transaction_at_a_time_writes_and_each_sees_all_before_it"),
    Break("a start takes the leases of those that live", "alerting/dispatch/dispatcher.py",
          "        if not self._owner:\n            outbox.take_over", "        if True:\n            outbox.take_over",
          "tests/service/test_several.py::test_a_process_that_starts_leaves_the_leases_of_those_that_live"),
    Break("realms of others stay unknown", "alerting/service/link_loop.py",
          "self._station.refresh_realms()  #", "pass  #",
          "tests/service/test_several.py::test_a_realm_that_another_opened_is_known_before_anything_of_it_is_sent"),
    Break("each process sends the head", "alerting/service/head_loop.py",
          "if not another:", "if True:",
          "tests/service/test_several.py::test_the_head_goes_out_once_a_day_whoever_sends_it"),
    Break("a worker that wakes commits", "alerting/service/engine_loop.py",
          "            bus.taken(connection, realm, was, seq)\n",
          "            bus.taken(connection, realm, bus.position(connection, realm), seq)\n",
          STORIES + "test_apart.py::test_a_worker_that_was_stopped_and_wakes_is_refused"),
    Break("who stands still in a transaction holds up all", "alerting/store/postgres.py",
          'STALLED = "5s"', 'STALLED = "500s"',
          "tests/store/test_shared.py::"
          "test_who_is_stopped_in_the_middle_of_a_transaction_holds_nobody_up_for_long"),
    Break("the leases of the living end", "alerting/service/lease_loop.py",
          "if not lives(connection, one))", "if True)",
          "tests/service/test_several.py::test_the_leases_of_one_that_died_end_at_once"),
    Break("all keep their book at once", "alerting/service/good_book.py",
          "fcntl.flock(lock, fcntl.LOCK_EX)", "pass",
          "tests/service/test_several.py::test_all_that_start_at_once_keep_their_book_in_one_folder"),
)  # fmt: skip
