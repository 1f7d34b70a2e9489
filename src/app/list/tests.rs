use proptest::prelude::*;

use super::*;

fn list(keys: &[&'static str], height: u16) -> List<&'static str, ()> {
    let mut list = List::default();
    list.set_height(height);
    list.set_rows(rows(keys));
    list
}

/// A name that begins with `#` is a heading.
fn rows(keys: &[&'static str]) -> Vec<Row<&'static str, ()>> {
    keys.iter()
        .map(|key| Row { key: (!key.starts_with('#')).then_some(*key), shows: (), height: 1 })
        .collect()
}

#[test]
fn the_first_row_that_can_be_selected_is() {
    assert_eq!(list(&["#", "a", "b"], 5).selected(), Some(&"a"));
    assert_eq!(list(&[], 5).selected(), None);
}

#[test]
fn the_selection_follows_its_row_to_another_place() {
    let mut list = list(&["a", "b", "c"], 5);
    list.select(&"b");
    list.set_rows(rows(&["c", "x", "a", "b"]));
    assert_eq!((list.selected(), list.selected_at()), (Some(&"b"), Some(3)));
}

#[test]
fn a_vanished_row_hands_the_selection_to_its_neighbour() {
    let mut list = list(&["a", "b", "c"], 5);
    list.select(&"b");
    list.set_rows(rows(&["c", "a"]));
    assert_eq!(list.selected(), Some(&"c"));
    list.set_rows(rows(&["a"]));
    assert_eq!(list.selected(), Some(&"a"));
    list.set_rows(rows(&["#", "z"]));
    assert_eq!(list.selected(), Some(&"z"));
}

#[test]
fn moving_jumps_over_headings_and_stops_at_the_ends() {
    let mut list = list(&["#", "a", "#", "b", "#"], 5);
    list.move_by(1);
    assert_eq!(list.selected(), Some(&"b"));
    list.move_by(1);
    assert_eq!(list.selected(), Some(&"b"));
    list.move_by(-9);
    assert_eq!(list.selected(), Some(&"a"));
}

#[test]
fn seeking_goes_round_at_the_ends() {
    let mut list = list(&["a", "b", "c"], 5);
    list.select(&"b");
    assert!(list.seek(true, |row| row.key == Some("a")));
    assert_eq!(list.selected(), Some(&"a"));
    assert!(!list.seek(false, |row| row.key == Some("nobody")));
    assert_eq!(list.selected(), Some(&"a"));
}

proptest! {
    #[test]
    fn the_selected_row_can_always_be_seen(
        heights in proptest::collection::vec((1u16..4, any::<bool>()), 0..40),
        moves in proptest::collection::vec((0u8..8, 1u16..12), 0..30),
    ) {
        let mut list: List<usize, ()> = List::default();
        let rows = |skip: usize| heights.iter().enumerate().skip(skip).map(|(n, (height, heading))| {
            Row { key: (!heading).then_some(n), shows: (), height: *height }
        }).collect::<Vec<_>>();
        list.set_rows(rows(0));
        for (n, height) in moves {
            match n {
                0 => list.move_by(1),
                1 => list.move_by(-1),
                2 => list.move_lines(isize::try_from(list.height()).unwrap()),
                3 => list.move_lines(-isize::try_from(list.height()).unwrap()),
                4 => list.first(),
                5 => list.last(),
                6 => list.set_rows(rows(usize::from(height))),
                _ => list.set_height(height),
            }
            prop_assert_eq!(list.selected().is_some(), list.count() > 0);
            if let Some(at) = list.selected_at() {
                prop_assert!(list.visible().contains(&at), "{:?} of {:?}", at, list.visible());
                let fits = list.end(at) - list.start(at) <= list.height;
                prop_assert!(!fits || list.end(at) <= list.start(list.top) + list.height);
            }
        }
    }
}
