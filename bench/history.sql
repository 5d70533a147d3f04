-- Things that once were, number :first to :last; see bench/history.py for what stands in {braces}.
-- Each statement goes before it: WITH RECURSIVE n(i) AS (…) INSERT INTO

alert (id, realm, rule, place, episode, sector, hazard, state, level, peak, opened, updated, closed, why)
SELECT {alert}, 'live', {rule}, {place}, i, {sector}, {hazard},
       CASE WHEN {open} THEN 'open' ELSE 'closed' END, 1 + i % 4, 1 + i % 4, {at}, {at}, {end}, '{{}}'
FROM n;

alert_change (realm, alert, at, what, level, "by", why)
SELECT 'live', {alert}, {at}, CASE k WHEN 0 THEN 'opened' ELSE 'cleared' END, 1, 'x', '{{}}'
FROM n {twice};

measure (id, realm, measure, object, carrier, number, timed, state, level, arguments, proposed, issued, ended)
SELECT {measure}, 'live', 'guide', {place}, {post}, i, '1',
       CASE WHEN {open} THEN 'issued' ELSE 'lifted' END, 1, '{{}}', {at}, {at}, {end}
FROM n;

asker (measure, asker, realm, level, arguments, since, ended)
SELECT {measure}, {alert}, 'live', 1, '{{}}', {at}, {end}
FROM n;

pursuit (id, realm, wants, alert, measure, post, level, state, rung, round, at_post, opened, answered)
SELECT 2 * i + k, 'live', 'acknowledge', {alert}, {measure}, {post}, 1,
       CASE WHEN {open} THEN 'open' ELSE 'answered' END, 0, 1, {post}, {at}, {at}
FROM n {twice};

notice (id, realm, kind, alert, measure, pursuit, post, person, wants, level, created, due, state, facts)
SELECT 3 * i + k, 'live', 'order', {alert}, {measure}, 2 * i, {post}, 'zhou', 'acknowledge', 1, {at}, {at},
       'carried', '{{}}'
FROM n {thrice};

escalation (realm, pursuit, alert, measure, from_post, to_post, at, reason)
SELECT 'live', 2 * i, {alert}, {measure}, {post}, {post}, {at}, 'silent'
FROM n;

delivery (id, realm, person, channel, address, band, round, state, final, language, text, code, link, letters,
          provider_id, created, at, accepted_at, answered_at, bound)
SELECT 3 * i + k, 'live', 'zhou', 'console', 'x', 'red', 0, 'answered', '1', 'zh', '前方路面结冰，限速40公里', 'H6',
       'link' || (3 * i + k), '{{}}', 'p' || (3 * i + k), {at}, {at}, {at}, {at}, {at}
FROM n {thrice};

delivery_notice (delivery, notice)
SELECT 3 * i + k, 3 * i + k
FROM n {thrice};

answer (id, realm, person, channel, delivery, notice, alert, measure, act, at, outcome)
SELECT 'said' || (2 * i + k), 'live', 'zhou', 'console', 3 * i, 3 * i, {alert}, {measure}, 'acknowledge', {at},
       'taken'
FROM n {twice};

audit (realm, at, who, action, subject, change)
SELECT 'live', {at}, 'service', CASE WHEN {daily} THEN 'send head' ELSE 'opened' END, {alert}, {head}
FROM n {thrice};

signal (realm, id, kind, source, issued, accepted, body)
SELECT 'live', 'made' || (3 * i + k),
       CASE k WHEN 0 THEN 'tick' WHEN 1 THEN 'forecast' ELSE 'observation' END,
       CASE k WHEN 0 THEN 'clock' WHEN 1 THEN 'open-meteo' ELSE 'stations' END,
       {earlier}, {earlier}, CAST('x' AS {bytes})
FROM n {thrice};
