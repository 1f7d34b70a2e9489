//! What the text of a picture does not tell: styles.

use jiff::SignedDuration;
use ratatui::style::Style;

use super::{buffer, theme};
use crate::app::fixture::{Person, production, safe};
use crate::plan::Policy;
use crate::theme::Role;

/// The style a role gives to what stands on the ground of a screen.
fn on_screen(role: Role) -> Style {
    let theme = theme();
    Style::reset().patch(theme.style(Role::Screen)).patch(theme.style(role))
}

/// The style of the first cell that shows this.
fn style_of(person: &Person, symbol: &str) -> Style {
    let buffer = buffer(person);
    buffer.content.iter().find(|cell| cell.symbol() == symbol).unwrap().style()
}

#[test]
fn a_production_account_has_a_red_frame() {
    let corner = |policy: Policy| {
        let mut person = Person::before(safe(), policy);
        person.look();
        style_of(&person, "┌").fg
    };
    assert_eq!(corner(Policy::default()), on_screen(Role::Border).fg);
    assert_eq!(corner(production()), on_screen(Role::BorderProduction).fg);
    assert_ne!(on_screen(Role::Border).fg, on_screen(Role::BorderProduction).fg);
}

#[test]
fn old_data_is_dimmed() {
    let mut person = Person::new();
    person.press("G");
    assert_eq!(style_of(&person, "█").fg, on_screen(Role::BarBlue).fg);
    person.wait(SignedDuration::from_mins(3));
    assert_eq!(style_of(&person, "█").fg, on_screen(Role::Stale).fg);
}
