"""`suian init COUNTY`: a folder with a config and empty tables, ready to be filled in."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Annotated

import typer

from alerting.errors import BadInput, SuianError
from alerting.people.tables import PEOPLE_COLUMNS, POST_COLUMNS
from alerting.places.tables import SITE_COLUMNS, ZONE_COLUMNS
from alerting.vocabulary.shipped import RULES

CONFIG = """\
# 岁安 suian: {name}
# Paths are relative to this file. 路径均相对本文件。
# `suian check` says what is wrong with it, `suian doctor` what is still missing.

county:
  name: {quoted}          # 显示在每个页面和每条消息上 shown on every page and in every message
  name_en: ""                # the same in English
  fictional: false           # true: 一切消息标注演练 everything it says is marked EXERCISE
  timezone: Asia/Shanghai
  sender: ""                 # 短信签名 who signs the messages, in 【】
  sender_en: ""
  zones: county/zones.csv    # 乡镇与点位 townships and their points
  sites: county/sites.csv    # 路段、工地、煤矿、学校 road sections, sites, mines, schools
  people: county/people.csv  # 人员与联系方式 who can be reached, and how
  posts: county/posts.csv    # 岗位与在岗人 duties, and who holds them
  rosters: county/rosters.yaml  # 轮值表 who is on duty in turn

# 多进程部署（见 docs/deploy.md）Of several processes, else leave these as they are:
# database: postgresql://suian@db-1:5432/suian   # 共用数据库 shared by all; or SUIAN_DATABASE
# bus:
#   kafka: kafka-1:9092      # 消息队列 signals wait here while the database is away; or SUIAN_KAFKA
#   tls: {{ca: kafka-ca.pem}}  # 加密连接 where it wants TLS,
#   login: {{user: suian}}     # 登录，口令见 SUIAN_KAFKA_PASSWORD and a login; its password is there
#   topic: suian-signals     # 主题，首次启动时建立 made at the first start
#   partitions: 4            # 分区数，按县划分 how many engines can be at work at once, by county; 1
#                            # unless said: one works, the others stand by. 各进程须一致 all alike

data: var                    # 数据库与备份 the database; the only folder that is written
rules: rules                 # 规则 the rule packs: yours to change, `suian check` runs their cases
calendar: rules/calendar.yaml

address: 127.0.0.1           # 仅本机可见 seen by this machine alone; SUIAN_ADDRESS overrides it
port: 8080                   # SUIAN_PORT overrides it
public_url: ""               # 手机可达的地址 how phones reach this service, for links in messages

sources:
  open-meteo:                # 天气预报 forecasts for every point of the county
    on: false                # 改为 true 即启用 one word turns it on.
                             # 许可 licence: free for non-commercial use only, data CC BY 4.0 by
                             # open-meteo.com; 政府业务使用须购买密钥 a district at work needs a key:
                             # apikey: …
  calendar:                  # 时段、节假日 seasons and holidays
    on: true

channels:
  console:                   # 终端与网页 prints messages; add an SMS channel before the first alert
    on: true
  # sms:                     # 短信 SMS through Twilio; secrets come from the environment
  #   use: twilio
  #   account: AC…
  #   token_env: TWILIO_AUTH_TOKEN
  #   sender: "+1…"

keep:                        # 保留天数，不写则永久 days that what is over stays, else for ever
  signals_days: 400          # 预报、实况 forecasts and observations
  # alerts_days: 1830        # 风险提示及其措施、消息、答复 alerts with measures, messages and answers
  # audit_days: 3660         # 审计日志 the log; never less than alerts_days
  exercises_days: 90         # 演练 exercises
"""

# The columns of each table, and one row as an example; a row that begins with # is not read.
TABLES = {
    "zones.csv": (ZONE_COLUMNS, [
        "#520000,示例县 Example county,Example county,,,,,,",
        "#520000001,示例镇 Example town,Example town,520000,520000001-low,26.6000,106.7000,820,"
        "inhabited",
    ]),
    "sites.csv": (SITE_COLUMNS, [
        "#g1-k10,road-section,示例路段 Example section,Example section,520000001,520000001-low,,,,"
        "road-traffic,expressway,G1,10,18,双向,示例站,示例站,Example,Example",
    ]),
    "people.csv": (PEOPLE_COLUMNS, [
        "#zhang,张三,Zhang San,zh,answer,console:zhang",
    ]),
    "posts.csv": (POST_COLUMNS, [
        "#duty-office,duty-office,,520000,值班室,Duty office,zhang,",
    ]),
}  # fmt: skip

ROSTERS = """\
# 轮值表：每天谁在岗。未列入的岗位由 posts.csv 中排在最前的人负责。改后运行 suian check。
# Who is on duty in turn; a post that is not here is held by its first holder in posts.csv. An example:
rosters: []
#  - post: duty-office
#    confirm: true                 # 接班须确认，可不写 whoever comes must confirm; may be left out
#    layers:
#      - people: [zhang, li]       # 按此顺序轮换 in this order
#        every: 1 day              # 12 hours, 1 week, 1 month
#        hand-over: "08:00"        # 交接时刻 local time
#        from: 2026-01-05          # 自当天起 the first of them begins on this day
#        only: {days: mon-fri, hours: "18:00-08:00"}   # 可不写 may be left out: at all hours
"""


def init(
    county: Annotated[
        str, typer.Argument(help="The county's name; a folder of that name is made.")
    ],
) -> None:
    """Make a folder with a config and templates for a county's tables."""
    name = county.strip()
    if not name or not re.fullmatch(r"[\w .()（）-]+", name) or name.startswith("."):
        raise BadInput(f"{county!r} cannot be the name of a folder",
                       mend="Use letters, digits, blanks and hyphens.")  # fmt: skip
    folder = Path(name)
    if folder.exists():
        raise BadInput("this exists already, and is not written over", where=str(folder),
                       mend="Choose another name, or work in that folder.")  # fmt: skip
    try:
        _make(folder, name)
    except OSError as error:
        raise SuianError(f"the folder cannot be made: {error.strerror}", where=str(folder),
                         mend="Go to a folder that you may write in.") from None  # fmt: skip
    print(f"""已建立 Made: {folder}/config.yaml, {folder}/county/*.csv, {folder}/rules
接下来三步 The next three steps, in {folder}/:
  1. 填写四张表 Fill in county/zones.csv, sites.csv, people.csv, posts.csv (each has an example
     row), or bring your own: suian import zones FILE
  2. suian check    规则与表是否成立 whether rules and tables hold, and what cannot be decided where
  3. suian doctor   距第一条真实风险提示还差什么 what is still missing before the first real alert;
     then 然后: suian serve""")


def _make(folder: Path, name: str) -> None:
    (folder / "county").mkdir(parents=True)
    quoted = '"' + name + '"'
    (folder / "config.yaml").write_text(CONFIG.format(name=name, quoted=quoted), "utf-8")
    for file, (columns, examples) in TABLES.items():
        text = "\n".join([",".join(columns), *examples]) + "\n"
        # The mark lets spreadsheets read it as UTF-8.
        (folder / "county" / file).write_text(text, "utf-8-sig")
    (folder / "county" / "rosters.yaml").write_text(ROSTERS, "utf-8")
    shutil.copytree(RULES, folder / "rules")
