"""Who: persons and their contacts, posts, who holds them, audiences, the escalation policy."""

from alerting.people.policy import Policy
from alerting.people.register import (
    Contact,
    Person,
    Post,
    contacts_of,
    holders_of,
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
    "holders_of",
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
