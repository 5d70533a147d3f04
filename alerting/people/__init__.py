"""Who: persons and their contacts, posts, who holds them, audiences, the escalation policy."""

from alerting.people.policy import Policy
from alerting.people.register import (
    Contact,
    Person,
    Post,
    contacts_of,
    contacts_of_all,
    holders_of,
    holders_of_all,
    person_at,
    person_by_id,
    post_by_id,
    read_posts_near,
    resolve,
)
from alerting.people.tables import import_people, import_posts, read_people, read_posts

__all__ = [
    "Contact",
    "Person",
    "Policy",
    "Post",
    "contacts_of",
    "contacts_of_all",
    "holders_of",
    "holders_of_all",
    "import_people",
    "import_posts",
    "person_at",
    "person_by_id",
    "post_by_id",
    "read_people",
    "read_posts",
    "read_posts_near",
    "resolve",
]
