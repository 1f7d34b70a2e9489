//! Screens, lists, filters and dialogs as a person goes through them.

use std::sync::Arc;

use jiff::SignedDuration;

use crate::app::dialogs::{Change, Dialog, Stage};
use crate::app::fixture::{Person, operation, records, safe, setup, stepped};
use crate::app::screens::Screen;
use crate::app::{Effect, Message, Model, Subject, Tone, Trouble};
use crate::fleet::builders::{World, read_at};
use crate::fleet::{Scope, TargetGroupArn};
use crate::plan::{Course, History, Intent, KnownState, Outcome, Policy, Progress, Truth};

fn selected(person: &Person) -> String {
    match person.model.screen() {
        Screen::Fleet(screen) => screen.list.selected().map(Subject::name),
        Screen::Cluster(screen) => screen.list.selected().map(ToString::to_string),
        Screen::Instance(screen) => screen.list.selected().cloned(),
        Screen::Operations(screen) => screen.list.selected().map(ToString::to_string),
        Screen::Activity(screen) => screen.list.selected().map(ToString::to_string),
        Screen::Images(screen) => screen.list.selected().map(|key| key.image().1.to_string()),
        Screen::Compare(screen) => screen.list.selected().cloned(),
        Screen::BuildLog(screen) => screen.build().map(|build| build.build.to_string()),
    }
    .unwrap_or_default()
}

fn rows(person: &Person) -> Vec<String> {
    match person.model.screen() {
        Screen::Fleet(screen) => {
            screen.list.rows().iter().filter_map(|row| row.key.as_ref().map(Subject::name)).collect()
        }
        Screen::Cluster(screen) => {
            screen.list.rows().iter().filter_map(|row| row.key.as_ref().map(ToString::to_string)).collect()
        }
        _ => Vec::new(),
    }
}

fn notice(person: &Person) -> &str {
    person.model.notice.as_ref().map_or("", |notice| &notice.text)
}

#[test]
fn enter_goes_in_and_esc_goes_back_and_the_fleet_is_never_left() {
    let mut person = Person::new();
    person.press("j j enter");
    assert!(matches!(person.model.screen(), Screen::Cluster(_)));
    person.press("enter");
    assert!(matches!(person.model.screen(), Screen::Instance(_)));
    person.press("A");
    assert!(matches!(person.model.screen(), Screen::Activity(_)));
    person.press("esc esc esc esc esc");
    assert!(matches!(person.model.screen(), Screen::Fleet(_)));
    assert_eq!(selected(&person), "orders");
}

#[test]
fn the_selection_stays_with_its_row_through_a_new_look_and_goes_to_a_neighbour_when_it_is_gone() {
    let mut person = Person::new();
    person.press("j j");
    assert_eq!(selected(&person), "orders");
    person.world.group("aaa", "lt-search");
    person.look();
    assert_eq!(selected(&person), "orders");
    person.world.facts.groups.as_mut().unwrap().value.retain(|group| !group.name.raw().starts_with("orders"));
    person.look();
    assert_eq!(selected(&person), "search");
}

#[test]
fn a_filter_survives_a_new_look_and_esc_puts_the_old_one_back() {
    let mut person = Person::new();
    person.press("/").types("e").press("enter");
    let before = rows(&person);
    person.press("/ ctrl-u").types("drift:behind");
    assert_eq!(rows(&person), ["search"]);
    person.look();
    assert_eq!(rows(&person), ["search"]);
    person.press("esc");
    assert_eq!(rows(&person), before);
}

#[test]
fn a_filter_finds_instances_by_tag_zone_and_drift() {
    let mut person = Person::new();
    person.press("j j enter /").types("zone:1a !green");
    assert_eq!(rows(&person), ["i-orders-blue-0", "i-orders-blue-3", "i-orders-blue-6"]);
    person.press("ctrl-u").types("tag:/Name=orders-green-[45]$/");
    assert_eq!(rows(&person), ["i-orders-green-4", "i-orders-green-5"]);
    person.press("ctrl-u").types("drift:traffic");
    assert_eq!(rows(&person), ["i-orders-blue-2"]);
    person.types(" /(");
    assert_eq!(rows(&person), ["i-orders-blue-2"], "a filter that cannot be read changes nothing");
}

#[test]
fn the_fleet_is_filtered_by_what_only_instances_say_too() {
    let mut person = Person::new();
    for (filter, shown) in [
        ("i-orders-blue-2", "orders"),
        ("tag:Name=bastion", "(in no group)"),
        ("health:unhealthy", "orders"),
        ("!zone:1a", ""),
    ] {
        person.press("/ ctrl-u").types(filter).press("enter");
        assert_eq!(rows(&person).join(" "), shown, "{filter}");
    }
}

#[test]
fn a_cluster_named_at_the_start_is_opened_with_the_first_look() {
    let opened = |name: &str| {
        let mut setup = setup(safe(), Policy::default());
        setup.cluster = Some(name.into());
        let mut person =
            Person { model: Model::new(setup, read_at()), ..Person::before(safe(), Policy::default()) };
        person.look();
        person
    };
    assert!(
        matches!(opened("search@eu-west-1").model.screen(), Screen::Cluster(s) if s.subject.name() == "search")
    );
    assert!(notice(&opened("serach")).contains("did you mean `search`"), "{}", notice(&opened("serach")));
}

#[test]
fn rows_are_sorted_by_the_next_column_and_turned_around() {
    let mut person = Person::new();
    person.press("> > >");
    assert_eq!(rows(&person).first().map(String::as_str), Some("orders"), "the worst drift first");
    person.press("<");
    assert_eq!(rows(&person).last().map(String::as_str), Some("orders"));
}

#[test]
fn n_goes_from_drift_to_drift() {
    let mut person = Person::new();
    person.press("n");
    assert_eq!(selected(&person), "legacy-batch");
    person.press("n n");
    assert_eq!(selected(&person), "search");
    person.press("N");
    assert_eq!(selected(&person), "orders");
}

#[test]
fn an_action_that_does_not_apply_says_why() {
    let mut person = Person::new();
    person.press("j s");
    assert_eq!(notice(&person), "shift: no listener or rule sends traffic to legacy-batch");
    person.press("r");
    assert!(
        notice(&person).starts_with("rollback: no old side of legacy-batch is up"),
        "{}",
        notice(&person)
    );
    let mut person = Person::before(safe(), Policy::default());
    person.press("enter");
    assert_eq!(notice(&person), "open: nothing has been seen yet");
    person.press("a");
    assert!(notice(&person).contains("STS has not proved"));
}

#[test]
fn a_planned_cluster_is_looked_at_closely_and_at_once() {
    let mut person = Person::new();
    let id = person.model.observation.as_ref().unwrap().fleet.clusters[2].id.clone();
    person.press("j j");
    person.press("s");
    assert!(person.effects.contains(&Effect::Observe(Scope::Cluster(id.clone()))));
    let watch = person.effects.iter().find_map(|effect| match effect {
        Effect::Watch(watch) => Some(watch.closely.contains(&id)),
        _ => None,
    });
    assert_eq!(watch, Some(true));
}

#[test]
fn what_is_on_the_screen_comes_first() {
    let person = Person::new();
    let Some(Effect::Watch(watch)) = person.effects.first() else { panic!("{:?}", person.effects) };
    let names: Vec<&str> = watch.first.iter().map(|id| id.name.raw()).collect();
    assert_eq!(names, ["checkout", "legacy-batch", "orders", "search", "支払い"]);
}

#[test]
fn ctrl_r_looks_at_everything_now() {
    let mut person = Person::new();
    person.press("ctrl-r");
    assert_eq!(person.effects, [Effect::Observe(Scope::Complete)]);
}

#[test]
fn an_impossible_percentage_is_refused_in_the_form() {
    let mut person = Person::new();
    person.press("j j s").types("101").press("enter");
    let Some(Dialog::Shift(form)) = person.model.dialogs.last() else { panic!("{:?}", person.model.dialogs) };
    assert!(form.refusal.as_ref().is_some_and(|refusal| refusal.why.contains("0 to 100")));
    person.press("ctrl-u").types("10").press("enter");
    let Some(Dialog::Shift(form)) = person.model.dialogs.last() else { panic!("{:?}", person.model.dialogs) };
    assert!(form.refusal.as_ref().is_some_and(|refusal| refusal.why.contains("already has 10 %")));
}

#[test]
fn the_form_chooses_the_side_with_the_least_traffic_first_and_another_by_arrow() {
    let mut person = Person::new();
    person.press("j j s");
    let chosen = |person: &Person| match person.model.dialogs.last() {
        Some(Dialog::Shift(form)) => form.group.options[form.group.at].1.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(chosen(&person), "green (now 10 %)");
    person.press("shift-tab down");
    assert_eq!(chosen(&person), "blue (now 90 %)");
}

#[test]
fn letters_are_letters_in_a_text_field_and_q_leaves_elsewhere() {
    let mut person = Person::new();
    person.press("/").types("q");
    assert!(!person.effects.contains(&Effect::Quit));
    person.press("esc q");
    assert!(person.effects.contains(&Effect::Quit));
}

#[test]
fn the_palette_opens_clusters_and_says_actions() {
    let mut person = Person::new();
    person.press(":").types("search").press("enter");
    assert!(matches!(person.model.screen(), Screen::Cluster(screen) if screen.subject.name() == "search"));
    person.press(":").types("activity").press("enter");
    assert!(matches!(person.model.screen(), Screen::Activity(_)));
    person.press("esc :").types("rollb").press("enter");
    assert!(notice(&person).contains("no old side of search is up"), "{}", notice(&person));
}

#[test]
fn an_operation_that_was_refused_says_so_in_its_dialog() {
    let mut person = Person::new();
    person.confirm_shift();
    let operation = person.model.operations[0].id.clone();
    let outcome =
        Outcome::Refused { why: "the journal cannot be written".into(), remedy: "free the disk".into() };
    person.tell(Message::Ended { operation, outcome: outcome.clone() });
    let Some(Dialog::Confirm(dialog)) = person.model.dialogs.last() else {
        panic!("{:?}", person.model.dialogs)
    };
    assert_eq!(dialog.stage, Stage::Ended(outcome));
    person.press("esc");
    assert!(person.model.dialogs.is_empty());
}

#[test]
fn an_operation_that_has_written_lets_its_dialog_go_and_settles_on_the_screen() {
    let person = operation(Truth::Written);
    assert!(person.model.dialogs.is_empty());
    assert_eq!(person.model.operations[0].word(), "reading back");
    assert!(notice(&person).contains("it settles now"));
}

#[test]
fn an_operation_of_two_persons_that_goes_back_says_so_and_keeps_its_marks() {
    let mut person = stepped();
    person.model.operations[0].plan.confirm.second = true;
    let heard = person.model.operations[0].progress.clone().unwrap();
    let step = heard.step;
    person.tell(Message::Progress(Progress { course: Course::Back, truth: Truth::Wanted, ..heard }));
    let own = &person.model.operations[0];
    assert_eq!((own.word(), own.step(), own.truth), ("going back", step, Truth::Wanted));
    assert_eq!(own.planned_left(person.at), None);
    person.press("o x");
    assert!(person.model.dialogs.is_empty());
    assert!(notice(&person).contains("it is going back already"), "{}", notice(&person));
}

#[test]
fn a_rollback_asks_which_listener_or_rule_is_meant_where_several_are() {
    let mut person = Person::new();
    let arn = |side: &str| TargetGroupArn::new(format!("arn:aws:e:targetgroup/orders-{side}/1"));
    person.world.listener("other", 443, &[(&arn("blue"), 1), (&arn("green"), 0)]);
    person.look().press("g j j r");
    let Some(Dialog::Shift(form)) = person.model.dialogs.last() else { panic!("{}", notice(&person)) };
    assert_eq!((form.change, form.source.options.len()), (Change::Rollback, 2));
}

#[test]
fn leaving_asks_only_while_an_operation_runs_and_not_once_it_has_ended() {
    let mut person = operation(Truth::ReadBack);
    person.press("q");
    assert!(matches!(person.model.dialogs.last(), Some(Dialog::Leave(_))));
    let operation = person.model.operations[0].id.clone();
    person.tell(Message::Ended { operation, outcome: Outcome::Done { says: "settled".into() } });
    assert!(person.model.dialogs.is_empty(), "there is nothing left to ask");
    person.press("q");
    assert!(person.effects.contains(&Effect::Quit));
}

#[test]
fn the_journal_lights_the_way_back() {
    let mut person = Person::new();
    let mut records = records(&person);
    records.truncate(3);
    person.shift_behind_the_back(&[75, 25]);
    person.look().tell(Message::Journal(Arc::new(History::new(records)))).press("j j r");
    let Some(Dialog::Confirm(dialog)) = person.model.dialogs.last() else {
        panic!("{:?} {}", person.model.dialogs, notice(&person))
    };
    assert_eq!(dialog.plan.verb, "rollback");
}

#[test]
fn an_old_side_that_is_brought_back_by_hand_is_offered_as_a_rollback() {
    let mut person = Person::new();
    let mut records = records(&person);
    records.truncate(3);
    person.shift_behind_the_back(&[75, 25]);
    person.look().tell(Message::Journal(Arc::new(History::new(records))));
    person.press("j j s").types("10").press("enter");
    let Some(Dialog::Confirm(dialog)) = person.model.dialogs.last() else {
        panic!("{:?} {}", person.model.dialogs, notice(&person))
    };
    assert_eq!(dialog.plan.verb, "rollback");
    assert!(dialog.says.as_ref().is_some_and(|says| says.contains("planned as a rollback")));
}

#[test]
fn an_older_look_never_replaces_a_newer_one() {
    let mut person = Person::new();
    let old = crate::app::fixture::observation(&World::new(), person.at);
    person.wait(SignedDuration::from_secs(1)).look();
    person.tell(Message::Observed(Box::new(old)));
    assert_eq!(rows(&person).len(), 6);
}

#[test]
fn a_lost_network_is_told_until_the_fleet_answers_again() {
    let mut person = Person::new();
    let trouble = Trouble {
        what: "observe eu-west-1".into(),
        why: "no answer".into(),
        remedy: String::new(),
        offers_demo: false,
    };
    person.tell(Message::ObserveFailed(trouble));
    assert!(person.model.shows_trouble());
    person.wait(SignedDuration::from_secs(30)).look();
    assert!(!person.model.shows_trouble());
    assert!(person.model.notice.as_ref().is_some_and(|notice| notice.tone == Tone::Good));
}

#[test]
fn below_the_least_size_no_key_does_anything_but_leave() {
    let mut person = Person::new();
    person.resize(40, 10).press("j enter s a");
    assert!(matches!(person.model.screen(), Screen::Fleet(_)) && person.model.dialogs.is_empty());
    person.press("q");
    assert!(person.effects.contains(&Effect::Quit));
}

#[test]
fn whoever_fell_silent_is_told_to_be_gone_by_the_next_look() {
    let mut person = Person::new();
    let mut begun = records(&person);
    begun.truncate(2);
    for record in &mut begun {
        record.at = person.at;
    }
    person.tell(Message::Journal(Arc::new(History::new(begun))));
    let state = |person: &Person| person.model.known[0].state;
    assert_eq!(state(&person), KnownState::Running);
    person.wait(SignedDuration::from_secs(61)).look();
    assert_eq!(state(&person), KnownState::Abandoned);
}

/// The instances that the plan in the dialog ends, in order.
fn replaced(person: &Person) -> Vec<String> {
    let Some(Dialog::Confirm(confirm)) = person.model.dialogs.last() else { panic!("{}", notice(person)) };
    let Intent::Replace { instances, .. } = &confirm.plan.intent else { panic!("{:?}", confirm.plan.intent) };
    instances.iter().map(ToString::to_string).collect()
}

fn marked(person: &Person) -> (usize, usize, usize) {
    let Screen::Cluster(screen) = person.model.screen() else { panic!("another screen") };
    (screen.marks.count(), screen.marked_out_of_sight(), screen.marks.gone())
}

#[test]
fn what_is_marked_is_replaced_by_one_plan_whatever_is_selected() {
    let mut person = Person::new();
    person.press("j j enter").press("space j j space j");
    assert_eq!(marked(&person), (2, 0, 0));
    person.press("x");
    assert_eq!(replaced(&person), ["i-orders-blue-0", "i-orders-blue-2"]);
    person.press("esc").press("m n x");
    assert_eq!(replaced(&person), ["i-orders-blue-3"], "nothing is marked: the selected one");
}

#[test]
fn marks_survive_looks_orders_and_filters_and_end_with_the_instance() {
    let mut person = Person::new();
    person.press("j j enter").press("space j space").press(">").press("/").types("green").press("enter");
    assert_eq!(marked(&person), (2, 2, 0), "counted though no row shows them");
    person.look();
    assert_eq!(marked(&person), (2, 2, 0));
    let members = &mut person.world.group_mut("orders-blue").members;
    members.retain(|member| member.id.raw() != "i-orders-blue-0");
    person.look();
    assert_eq!(marked(&person), (1, 1, 1), "it is gone, and that is told");
    person.press("x");
    assert_eq!(replaced(&person), ["i-orders-blue-1"]);
}

#[test]
fn all_that_is_listed_is_marked_and_what_is_found_in_the_group_of_the_selected_row() {
    let mut person = Person::new();
    person.world.instance_mut("i-orders-blue-4").tags.insert("flightdeck:tainted".into(), "by ann".into());
    person.look().press("j j enter").press("m t");
    assert_eq!(marked(&person), (1, 0, 0));
    person.press("x");
    assert_eq!(replaced(&person), ["i-orders-blue-4"]);
    person.press("esc").press("m n m b");
    assert_eq!(marked(&person).0, 3, "three are behind");
    person.press("m n m a");
    assert_eq!(marked(&person).0, 15);
    person.press("x");
    assert!(person.model.dialogs.is_empty());
    assert!(notice(&person).contains("one group at a time"), "{}", notice(&person));
    person.press("m n m n");
    assert_eq!(notice(&person), "unmark: nothing is marked");
}

#[test]
fn the_oldest_is_marked_first() {
    let mut person = Person::new();
    let then = read_at() - SignedDuration::from_hours(900);
    person.world.instance_mut("i-orders-blue-5").launched_at = Some(then);
    person.look().press("j j enter").press("m o x");
    assert_eq!(replaced(&person), ["i-orders-blue-5"]);
}
