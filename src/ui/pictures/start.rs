//! Before anything was seen, and when nothing can be seen any more.

use jiff::SignedDuration;

use crate::app::fixture::{Person, safe};
use crate::app::{Message, Trouble};
use crate::fleet::builders::World;
use crate::plan::Policy;

fn trouble(offers_demo: bool) -> Message {
    Message::ObserveFailed(Trouble {
        what: "observe eu-west-1".into(),
        why: "the login of profile ops expired 12 min ago".into(),
        remedy: "run `aws sso login --profile ops`".into(),
        offers_demo,
    })
}

#[test]
fn the_first_look_says_what_is_looked_at() {
    pictures!("start", {
        let mut person = Person::before(safe(), Policy::default());
        person.wait(SignedDuration::from_secs(4));
        person
    });
}

#[test]
fn without_a_way_in_the_whole_screen_says_why_and_what_to_do() {
    pictures!("start-trouble", {
        let mut person = Person::before(safe(), Policy::default());
        person.tell(trouble(true));
        person
    });
}

#[test]
fn a_lost_network_leaves_the_old_picture_dimmed_and_says_so() {
    pictures!("lost", {
        let mut person = Person::new();
        person.tell(trouble(false)).wait(SignedDuration::from_mins(7));
        person
    });
}

#[test]
fn an_empty_account_says_that_it_is_empty() {
    pictures!("empty", {
        let mut person = Person::before(safe(), Policy::default());
        person.world = World::new();
        person.look();
        person
    });
}
