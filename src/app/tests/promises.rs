//! Promises that the cockpit itself keeps: writing is deliberate, visible and expiring (2), and a confirmation
//! cannot be pasted, queued or slipped (29).

use jiff::SignedDuration;

use crate::app::dialogs::{Dialog, SETTLING, Stage};
use crate::app::fixture::{ACCOUNT, Person, asked as waiting_plan, operation, production, read_only, safe};
use crate::app::{Effect, Message, Session};
use crate::fleet::{ClusterSelector, Identity};
use crate::plan::{ClusterPolicy, Outcome, Policy, Steer, Truth};

/// A person before the confirmation of a shift of orders to 25 % green, before it takes keys.
fn asked(mut person: Person) -> Person {
    person.look().press("g j j s").types("25").press("enter");
    assert!(matches!(person.model.dialogs.last(), Some(Dialog::Confirm(_))), "{:?}", person.model.dialogs);
    person
}

/// The same, once it takes keys.
fn ready(person: Person) -> Person {
    let mut person = asked(person);
    person.wait(SETTLING);
    person
}

fn person(policy: Policy) -> Person {
    Person::before(safe(), policy)
}

fn executes(person: &Person) -> bool {
    person.effects.iter().any(|effect| matches!(effect, Effect::Execute(_)))
}

/// What was typed for each thing asked.
fn typed(person: &Person) -> Vec<&str> {
    let Some(Dialog::Confirm(dialog)) = person.model.dialogs.last() else { return Vec::new() };
    dialog.asks.list().iter().map(|asked| asked.field.text()).collect()
}

fn says(person: &Person) -> &str {
    let Some(Dialog::Confirm(dialog)) = person.model.dialogs.last() else { return "" };
    dialog.says.as_deref().unwrap_or_default()
}

#[test]
fn a_plan_runs_only_after_arming_and_its_own_phrase() {
    let mut person = ready(person(Policy::default()));
    person.types("9012").press("enter");
    assert!(!executes(&person) && person.model.session == Session::Safe, "digits alone arm nothing");
    person.types("orders 25").press("enter");
    assert!(executes(&person));
    assert!(matches!(&person.model.session, Session::Armed { account, .. } if account.raw() == ACCOUNT));
    assert!(
        matches!(&person.model.dialogs[..], [Dialog::Confirm(d)] if matches!(d.stage, Stage::Waiting(_)))
    );
}

#[test]
fn neither_wrong_digits_nor_a_wrong_phrase_nor_none_run_anything() {
    for (digits, phrase) in [("9012", "orders 26"), ("9012", ""), ("1234", "orders 25"), ("", "orders 25")] {
        let mut person = ready(person(Policy::default()));
        person.types(digits).press("tab").types(phrase).press("enter enter enter");
        assert!(!executes(&person), "{digits:?} {phrase:?}");
        assert_eq!(person.model.session, Session::Safe, "{digits:?} {phrase:?}");
    }
}

#[test]
fn production_asks_for_its_name_too() {
    let mut person = ready(person(production()));
    person.types("9012").press("enter").types("staging").press("enter").types("orders 25").press("enter");
    assert!(!executes(&person));
    let mut person = ready(self::person(production()));
    person.types("9012").press("enter").types("prod").press("enter").types("orders 25").press("enter");
    assert!(executes(&person));
}

#[test]
fn an_armed_session_asks_for_the_phrase_alone() {
    let mut person = person(Policy::default());
    person.look().press("a").wait(SETTLING).types("9012").press("enter");
    assert!(matches!(person.model.session, Session::Armed { .. }));
    let mut person = ready(person);
    person.types("orders 25").press("enter");
    assert!(executes(&person));
}

#[test]
fn an_armed_session_lapses_by_itself_and_is_asked_again() {
    let mut person = person(Policy::default());
    person.look().press("a").wait(SETTLING).types("9012").press("enter");
    person.wait(Session::ARMED_FOR - SignedDuration::from_secs(1));
    assert!(matches!(person.model.session, Session::Armed { .. }));
    let mut person = ready(person);
    person.types("orders 2").wait(SignedDuration::from_secs(1));
    assert_eq!(person.model.session, Session::Safe);
    person.look();
    person.types("5").press("enter");
    assert!(!executes(&person), "it lapsed while the phrase was typed");
    assert_eq!(typed(&person).len(), 2, "what arms is asked for again");
}

#[test]
fn another_account_behind_the_credentials_ends_what_was_armed_and_asked() {
    let mut person = person(Policy::default());
    person.look().press("a").wait(SETTLING).types("9012").press("enter");
    let mut person = ready(person);
    person.tell(Message::Identity(Identity { account: "210987654321".into(), arn: "arn:other".into() }));
    assert_eq!(person.model.session, Session::Safe);
    assert!(person.model.dialogs.is_empty());
}

#[test]
fn a_read_only_session_shows_the_plan_and_runs_nothing() {
    let mut person = ready(Person::before(read_only(), Policy::default()));
    person.press("enter y enter").types("9012").press("enter").types("orders 25").press("enter");
    assert!(!executes(&person));
    assert!(matches!(person.model.session, Session::ReadOnly { .. }));
    person.press("esc a");
    assert!(person.model.dialogs.is_empty(), "it cannot be armed either");
}

#[test]
fn a_paste_confirms_nothing() {
    let mut person = ready(person(Policy::default()));
    person.types("9012").press("enter").tell(Message::Paste("orders 25".into()));
    assert_eq!(typed(&person), ["9012", ""]);
    person.press("enter");
    assert!(!executes(&person));
}

#[test]
fn what_was_typed_before_the_dialog_could_be_read_is_not_taken() {
    let mut person = asked(person(Policy::default()));
    person.types("9012").press("enter").types("orders 25").press("enter");
    assert!(!executes(&person));
    assert_eq!(typed(&person), ["", ""]);
    person.wait(SETTLING - SignedDuration::from_millis(1)).types("9");
    assert_eq!(typed(&person), ["", ""]);
    person.wait(SignedDuration::from_millis(1)).types("9");
    assert_eq!(typed(&person), ["9", ""]);
}

#[test]
fn a_held_key_confirms_nothing() {
    let mut person = ready(person(Policy::default()));
    person.types("9012").press("tab").types("orders 25");
    for key in ["x", "enter"] {
        person.tell(Message::Key { key: key.parse().unwrap(), repeat: true });
    }
    assert!(!executes(&person));
    assert_eq!(typed(&person), ["9012", "orders 25"]);
    person.press("enter");
    assert!(executes(&person));
}

#[test]
fn a_new_look_that_changes_nothing_keeps_what_was_typed() {
    let mut person = ready(person(Policy::default()));
    person.types("9012").press("enter").types("orders");
    person.wait(SignedDuration::from_secs(5)).look();
    assert_eq!(typed(&person), ["9012", "orders"]);
    person.types(" 25").press("enter");
    assert!(executes(&person));
}

#[test]
fn health_that_comes_and_goes_keeps_what_was_typed() {
    let mut person = ready(person(Policy::default()));
    person.types("9012").press("enter").types("orders");
    person.sicken("orders-blue");
    person.look();
    assert_eq!(typed(&person), ["9012", "orders"]);
    person.types(" 25").press("enter");
    assert!(executes(&person));
}

#[test]
fn a_plan_that_is_another_now_forgets_what_was_typed_and_says_so() {
    let mut person = ready(person(Policy::default()));
    person.types("9012").press("enter").types("orders 25");
    person.shift_behind_the_back(&[80, 20]);
    person.look();
    assert_eq!(typed(&person), ["", ""]);
    assert!(says(&person).contains("the world changed"));
    person.types("9012").press("enter").types("orders 25").press("enter");
    assert!(!executes(&person), "it takes no keys before the new plan could be read");
}

#[test]
fn a_plan_on_old_facts_is_not_run() {
    let mut person = ready(person(Policy::default()));
    person.wait(SignedDuration::from_secs(60));
    person.types("9012").press("enter").types("orders 25").press("enter");
    assert!(!executes(&person));
    assert!(says(&person).contains("fresh-facts"), "{}", says(&person));
    person.look().press("enter");
    assert!(executes(&person));
}

#[test]
fn one_operation_at_a_time_runs_on_a_cluster() {
    let mut person = ready(person(Policy::default()));
    person.types("9012").press("enter").types("orders 25").press("enter esc s");
    assert!(person.model.dialogs.is_empty());
    assert!(person.model.notice.as_ref().is_some_and(|notice| notice.text.contains("is not over yet")));
}

#[test]
fn the_way_back_does_not_wait_until_what_it_takes_back_has_settled() {
    let mut person = operation(Truth::Written);
    let id = person.model.operations[0].cluster.clone();
    assert!(person.model.in_the_way(&id, true).is_some(), "it is still being written");
    person = operation(Truth::ReadBack);
    assert!(person.model.in_the_way(&id, true).is_none());
    assert!(person.model.in_the_way(&id, false).is_some(), "anything else waits");
}

#[test]
fn leaving_while_an_operation_runs_is_asked_and_the_default_is_to_stay() {
    let quits = |person: &Person| person.effects.contains(&Effect::Quit);
    let mut person = ready(person(Policy::default()));
    person.types("9012").press("enter").types("orders 25").press("enter esc q");
    person.press("down down enter");
    assert!(!quits(&person) && told(&person).is_empty(), "keys queued behind q are no answer");
    person.wait(SETTLING).press("enter");
    assert!(!quits(&person) && person.model.dialogs.is_empty());
    person.press("ctrl-c").wait(SETTLING).press("down down enter");
    assert!(!quits(&person), "it is held first");
    assert_eq!(told(&person), [Steer::Hold]);
    let operation = person.model.operations[0].id.clone();
    let (why, remedy) = ("a person held it".into(), "resume it".into());
    person.tell(Message::Ended { operation, outcome: Outcome::Held { why, remedy } });
    assert!(quits(&person));
}

#[test]
fn leaving_at_the_end_stays_where_the_end_was_another_than_planned() {
    for (outcome, leaves) in [
        (Outcome::Done { says: "settled".into() }, true),
        (Outcome::Held { why: "somebody changed it".into(), remedy: "look".into() }, false),
    ] {
        let mut person = operation(Truth::ReadBack);
        person.press("q").wait(SETTLING).press("down enter");
        assert!(told(&person).is_empty() && !person.effects.contains(&Effect::Quit));
        let operation = person.model.operations[0].id.clone();
        person.tell(Message::Ended { operation, outcome });
        assert_eq!(person.effects.contains(&Effect::Quit), leaves);
    }
}

#[test]
fn whoever_cannot_wait_for_a_hold_leaves_at_once_by_a_second_answer() {
    let mut person = operation(Truth::Wanted);
    person.press("q").wait(SETTLING).press("down down enter").wait(SETTLING);
    person.press("enter");
    assert!(!person.effects.contains(&Effect::Quit), "the default is to stay");
    person.press("q").wait(SETTLING).press("down down enter").wait(SETTLING).press("down enter");
    assert!(person.effects.contains(&Effect::Quit));
}

/// One key stops everything, from any screen and any dialog (22), at once (37): no answer of AWS is waited for.
#[test]
fn one_key_holds_every_operation_from_every_screen_and_dialog() {
    let before = |keys: &str| {
        let mut person = operation(Truth::ReadBack);
        person.press("esc esc").press(keys);
        person
    };
    for keys in ["", "enter", "enter j enter", "A", "o", "?", "u", "j s", "q", "o x", "o n", "g"] {
        let mut person = before(keys);
        person.press("!");
        assert_eq!(told(&person), [Steer::Hold], "after {keys:?}");
        assert_eq!(person.model.operations[0].word(), "holding", "after {keys:?}");
        let notice = person.model.notice.as_ref().map_or("", |notice| notice.text.as_str());
        assert!(notice.contains("holding after the call in flight"), "after {keys:?}: {notice:?}");
    }
    for keys in ["/", ":"] {
        let mut person = before(keys);
        person.press("!");
        assert!(told(&person).is_empty(), "in {keys} it is a letter");
        person.press("ctrl-x");
        assert_eq!(told(&person), [Steer::Hold], "after {keys:?}");
    }
}

#[test]
fn the_stop_key_is_heard_by_a_deaf_dialog_while_held_down_and_on_a_tiny_terminal() {
    let mut person = operation(Truth::ReadBack);
    person.press("q").press("!");
    assert_eq!(told(&person), [Steer::Hold], "a dialog that is deaf yet");
    let mut person = operation(Truth::ReadBack);
    person.tell(Message::Key { key: "!".parse().unwrap(), repeat: true });
    assert_eq!(told(&person), [Steer::Hold], "held down");
    let mut person = operation(Truth::ReadBack);
    person.resize(20, 5).press("!");
    assert_eq!(told(&person), [Steer::Hold], "too small to be seen");
}

/// What operations were told by the last message.
fn told(person: &Person) -> Vec<Steer> {
    let told = person.effects.iter().filter_map(|effect| match effect {
        Effect::Steer(_, steer) => Some(*steer),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_guard_is_overridden_only_by_its_own_name_and_with_a_reason() {
    let strict = || {
        let seven = ClusterPolicy { min_healthy: Some(7), ..ClusterPolicy::default() };
        let orders = ClusterSelector { name: "orders".into(), account: None, region: None };
        ready(person(Policy { clusters: vec![(orders, seven)], ..Policy::default() }))
    };
    for (guard, reason) in
        [("", ""), ("enough-healthy-targets", ""), ("never-to-zero", "INC-42"), ("", "INC-42")]
    {
        let mut person = strict();
        person.types("9012").press("tab").types(guard).press("tab").types(reason).press("tab");
        person.types("orders 25").press("enter enter enter enter");
        assert!(!executes(&person), "{guard:?} {reason:?}");
    }
    let mut person = strict();
    person
        .types("9012")
        .press("tab")
        .types("enough-healthy-targets")
        .press("tab")
        .types("INC-42")
        .press("tab");
    person.types("orders 25").press("enter");
    assert!(executes(&person), "{}", says(&person));
}

#[test]
fn a_change_that_asks_for_a_reason_runs_with_one_only() {
    let strict = ClusterPolicy { require_reason: true, ..ClusterPolicy::default() };
    let orders = ClusterSelector { name: "orders".into(), account: None, region: None };
    let policy = Policy { clusters: vec![(orders, strict)], ..Policy::default() };
    let mut person = ready(self::person(policy));
    person.types("9012").press("tab tab").types("orders 25").press("enter enter");
    assert!(!executes(&person) && says(&person).contains("a reason is needed"), "{}", says(&person));
    person.types("INC-42").press("enter");
    assert!(executes(&person), "{}", says(&person));
}

/// Two pairs of eyes (22): the second person is another login, and types the plan's own phrase.
#[test]
fn a_plan_is_approved_by_another_person_only_and_by_its_own_phrase() {
    let approves = |person: &Person| {
        person.effects.iter().find_map(|effect| match effect {
            Effect::Approve { asked, who, .. } => Some((asked.plan.digest.clone(), who.principal.clone())),
            _ => None,
        })
    };
    let waiting = |who: &str| {
        let mut person = person(Policy::default());
        person.look();
        let asked = waiting_plan(&person, who);
        let (place, digest) = (asked.plan.place(), asked.plan.digest.clone());
        person.tell(Message::Asked { place, asked: vec![asked] }).press("o y").wait(SETTLING);
        (person, digest)
    };
    let (mut own, _) = waiting("ann");
    assert!(own.model.dialogs.is_empty(), "whoever confirmed it is not asked again");
    own.types("9012").press("enter").types("orders 50").press("enter");
    assert_eq!(approves(&own), None);
    let (mut other, digest) = waiting("bob");
    other.types("9012").press("enter").types("orders 5").press("enter enter");
    assert_eq!(approves(&other), None, "another phrase");
    other.types("0").press("enter");
    let (yes_to, who) = approves(&other).expect("a second person said yes");
    assert_eq!(yes_to, digest);
    assert!(who.raw().ends_with("/ann"));
}
