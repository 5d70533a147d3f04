"""What `serve` says when it starts and when it ends."""

from __future__ import annotations

from rich.console import Console

from alerting.service.station import Station
from alerting.web.demo import demo_link

out = Console(highlight=False, soft_wrap=True)


def welcome(station: Station) -> None:
    """The address, what is played, and a login link for each demo role of a fictional county."""
    county, url = station.config.county, station.config.url
    out.print(f"\n[bold]岁安 suian[/]  {county.name}  {county.name_en}")
    out.print(f"页面 Page: [bold]{url}[/]   （Ctrl-C 停止 stops）")
    if station.book_problem:
        out.print("[bold red]规则包有误，仍按上一版有效规则运行。The rules do not load: the last good"
                  " ones are in use.[/]")  # fmt: skip
        out.print(station.book_problem, markup=False)
        out.print("改好即自动启用；suian check 逐条检查。Mended, they are taken up at once.")
    played = station.exercise
    if played["state"] == "playing":
        zone = county.zone
        span = f"{played['begins'].astimezone(zone):%Y-%m-%d %H:%M} – "
        span += f"{played['ends'].astimezone(zone):%m-%d %H:%M}"
        out.print(f"演练 Exercise: {played['title']['zh']}  {played['title']['en']}")
        out.print(f"  {span}, 1 s = {played['speed'] / 60:.0f} min; {played['source']}")
    if county.fictional:
        for role, person in demo_people(station).items():
            out.print(
                f"  登录 Log in as {role:<7} {person['name']}: {demo_link(station, person['id'])}"
            )
    out.print()


def demo_people(station: Station) -> dict[str, dict[str, str]]:
    """The first person of each role."""
    found: dict[str, dict[str, str]] = {}
    for person in station.county.people:
        found.setdefault(person["role"], person)
    return found


def farewell(station: Station) -> None:
    out.print(f"已停止 Stopped. 数据 Data: {station.config.data}")
