"""What makes a yes doubtful: numbers of something, denials, what is only half done or on conditions."""

from __future__ import annotations

import re

# "2 hours", "3辆车": a number of something is no answer.
UNITS = re.compile(
    r"(H|HRS?|HOURS?|MINS?|MINUTES?|DAYS?|KM|M|CM|MM|CARS?|TRUCKS?|PEOPLE|PERSONS?|TIMES?|"
    r"O'?CLOCK)(?![A-Z])|小时|分钟|点钟|天后|公里|辆|台|%"
)
# What may be one: "2 号桥已封", "2 roads salted". After 3 and 4 it is taken for the reason.
COUNTED = re.compile(
    r"(OF|MORE|MEN|WOMEN|(?!(?:THANKS|THIS|WAS|HAS|YES|ITS)(?![A-Z]))[A-Z]+[A-RT-Z]S)(?![A-Z])|"
    r"[吨层楼日月年米]|天(?![气黑亮晴冷])|时(?![间常])|点(?![位火])|条(?!件)|级(?!别)|号(?!召)|"
    r"位(?![置于])|名(?!单)|人(?![员手])|户(?!外)|次(?!生)|"
    r"个(?!别)|处(?![置理])|分(?![批段流])"
)
NOT = re.compile(
    r"(?<![A-Z])(NOT|NO|NEVER|CANNOT|CAN'T|CANT|UNABLE|WON'T|ISN'T|DON'T|HAVEN'T)(?![A-Z])|"
    r"[未没无不吗嘛么]|(?<![个区分特级类识])别(?![的处人])"
)
# It is said of something still to come, or of a part.
NOT_YET = re.compile(
    r"(?<![A-Z])(SOON|WILL|GOING TO|ALMOST|NEARLY|MOSTLY|HALF|PART|PARTLY|TRYING|IF|WHEN|LATER|"
    r"TOMORROW|TONIGHT|ABOUT TO|IN PROGRESS|UNDER ?WAY|EXCEPT|UNTIL|REST|REMAINING|"
    r"(?:BY|IN) (?=[0-9]|AN? |ONE |TWO |THREE |NOON|MIDNIGHT|TIME))(?![A-Z])|"
    r"[0-9] ?%|[0-9] ?/ ?[0-9]|百分之|马上|正在|准备|即将|稍后|稍等|等会|等下|待会|快要|快了|尽快|尽量|"
    r"还在|还有|还差|差一?点|差不多|基本|大体|几乎|一半|部分|大半|多数|其余|除了|除外|剩|明[天早晚]|打算|争取|如果"
)
# A yes on a condition.
BUT = re.compile(r"(?<![A-Z])(BUT|ONLY|PROVIDED|UNLESS|EXCEPT)(?![A-Z])|但|不过|除非|前提|只能")
