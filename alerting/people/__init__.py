"""Who: persons and their contacts, posts, who holds them, audiences, the policies."""

from alerting.people.duty import (
    holders_of,
    holders_of_all,
    list_of,
    lists_of,
    on_duty,
    posts_held,
    together_at,
)
from alerting.people.lists import posts_in
from alerting.people.policy import Policies, Policy, Step
from alerting.people.quiet import Quiet
from alerting.people.register import (
    Contact,
    Person,
    Post,
    contacts_of,
    contacts_of_all,
    everybody,
    people_by_id,
    person_at,
    person_by_id,
    post_by_id,
    read_posts_near,
    resolve,
)
from alerting.people.roster_file import read_rosters
from alerting.people.rosters import import_rosters
from alerting.people.tables import import_people, import_posts, read_people, read_posts

__all__ = [
    "Contact",
    "Person",
    "Policies",
    "Policy",
    "Post",
    "Quiet",
    "Step",
    "contacts_of",
    "contacts_of_all",
    "everybody",
    "holders_of",
    "holders_of_all",
    "import_people",
    "import_posts",
    "import_rosters",
    "list_of",
    "lists_of",
    "on_duty",
    "people_by_id",
    "person_at",
    "person_by_id",
    "post_by_id",
    "posts_held",
    "posts_in",
    "read_people",
    "read_posts",
    "read_posts_near",
    "read_rosters",
    "resolve",
    "together_at",
]
