#![expect(clippy::disallowed_types, reason = "theme is the room that names colours")]

use proptest::prelude::*;
use ratatui::style::{Color, Modifier};

use super::*;

const DEPTHS: [Depth; 4] = [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::TrueColor];

fn shipped(name: &str, depth: Depth) -> Theme {
    Theme::shipped(name, depth).expect("a shipped theme")
}

/// The mistakes of a file, one a line, as `line:column what; remedy`.
fn mistakes(text: &str) -> String {
    let mistakes = Theme::parse(text, Depth::TrueColor).expect_err("a file with mistakes");
    let place = |at: usize| {
        let before = &text[..at];
        let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
        format!("{}:{column}", before.matches('\n').count() + 1)
    };
    let lines = mistakes.iter().map(|m| format!("{} {}; {}", place(m.at.start), m.what, m.remedy));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_shipped_theme_loads_at_every_depth() {
    for shipped in SHIPPED {
        for depth in DEPTHS {
            assert_eq!(Theme::parse(shipped.text, depth).err(), None, "{}", shipped.name);
        }
    }
}

#[test]
fn every_shipped_theme_sets_every_role_itself() {
    for shipped in SHIPPED {
        for role in Role::ALL {
            let set = shipped.text.lines().any(|line| line.starts_with(&format!("{role} = ")));
            assert!(set, "{} leaves {role} to its fallback", shipped.name);
        }
    }
}

#[test]
fn every_shipped_theme_says_what_it_is() {
    for Shipped { name, .. } in SHIPPED {
        assert!(!shipped(name, Depth::TrueColor).description().is_empty(), "{name}");
    }
}

/// The contrast WCAG 2.2 asks of text at level AA: <https://www.w3.org/TR/WCAG22/#contrast-minimum>.
const READABLE: f64 = 4.5;
/// What it asks of frames, bars and large signs: <https://www.w3.org/TR/WCAG22/#non-text-contrast>.
const VISIBLE: f64 = 3.0;
/// Roles that are drawn rather than read, and the one WCAG lets off: what cannot be chosen now.
const DRAWN: &[Role] = &[
    Role::BarBlue,
    Role::BarGreen,
    Role::BarOther,
    Role::Border,
    Role::BorderProduction,
    Role::DialogBorder,
    Role::Disabled,
];

fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|channel| {
        let s = f64::from(channel) / 255.0;
        if s <= 0.04045 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(a: Color, b: Color) -> f64 {
    let [a, b] = [a, b].map(|colour| luminance(depth::drawn(colour).expect("a colour of known value")));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Each pair of colours in which a role may be seen: on its own ground, or on all it may stand on.
fn seen(theme: &Theme, role: Role) -> Vec<(Color, Color)> {
    let style = theme.style(role);
    let Some(fg) = style.fg else { return Vec::new() };
    let grounds = match style.bg {
        Some(own) => vec![own],
        None => {
            [Role::Screen, Role::Dialog, Role::Selected].iter().filter_map(|r| theme.style(*r).bg).collect()
        }
    };
    grounds.into_iter().map(|ground| (fg, ground)).collect()
}

#[test]
fn shipped_colours_can_be_read_on_every_ground_they_stand_on() {
    for name in ["dark", "light"] {
        for depth in [Depth::TrueColor, Depth::Ansi256, Depth::Ansi16] {
            let theme = shipped(name, depth);
            assert!(!seen(&theme, Role::Text).is_empty(), "{name} has no ground of its own");
            for role in Role::ALL.iter().filter(|role| **role != Role::BarTrack) {
                // The owner of a terminal chooses what its sixteen colours are; more cannot be promised.
                let drawn = DRAWN.contains(role) || depth == Depth::Ansi16;
                let least = if drawn { VISIBLE } else { READABLE };
                for (fg, bg) in seen(&theme, *role) {
                    let contrast = contrast(fg, bg);
                    assert!(
                        contrast >= least,
                        "{name} at {depth:?}: {role} has {contrast:.2}, {fg:?} on {bg:?}"
                    );
                }
            }
        }
    }
}

fn colours(theme: &Theme) -> Vec<Color> {
    Role::ALL.iter().flat_map(|role| [theme.style(*role).fg, theme.style(*role).bg]).flatten().collect()
}

#[test]
fn each_depth_uses_only_colours_it_has() {
    for name in ["dark", "light"] {
        assert!(colours(&shipped(name, Depth::TrueColor)).iter().all(|c| matches!(c, Color::Rgb(..))));
        assert!(colours(&shipped(name, Depth::Ansi256)).iter().all(|c| matches!(c, Color::Indexed(16..))));
        let sixteen = colours(&shipped(name, Depth::Ansi16));
        assert!(!sixteen.iter().any(|c| matches!(c, Color::Rgb(..) | Color::Indexed(_))));
    }
}

#[test]
fn without_colours_every_shipped_theme_is_the_monochrome_one() {
    let monochrome = shipped("monochrome", Depth::TrueColor);
    assert_eq!(colours(&monochrome), []);
    for Shipped { name, .. } in SHIPPED {
        assert_eq!(shipped(name, Depth::None).styles, monochrome.styles, "{name}");
    }
}

#[test]
fn the_selected_row_and_the_badges_stand_out_at_every_depth() {
    for Shipped { name, .. } in SHIPPED {
        for depth in DEPTHS {
            let theme = shipped(name, depth);
            let ground = theme.style(Role::Screen).bg;
            for role in [
                Role::Selected,
                Role::ReadOnlyBadge,
                Role::SafeBadge,
                Role::ArmedBadge,
                Role::ProductionBadge,
            ] {
                let style = theme.style(role);
                let reversed = style.add_modifier.contains(Modifier::REVERSED);
                assert!(reversed || style.bg.is_some_and(|bg| Some(bg) != ground), "{name} {depth:?} {role}");
            }
        }
    }
}

#[test]
fn a_role_that_is_not_set_takes_the_style_of_its_fallback() {
    let theme = Theme::parse("[roles]\nwarning = '#ff0000'", Depth::TrueColor).expect("a theme");
    assert_eq!(theme.style(Role::Unhealthy), theme.style(Role::Warning));
    assert_eq!(theme.style(Role::Unhealthy).fg, Some(Color::Rgb(255, 0, 0)));
    assert_eq!(theme.style(Role::Healthy), Style::new());
}

#[test]
fn one_changed_colour_of_the_palette_changes_every_role_that_names_it() {
    let text = "extends = 'dark'\n[palette]\nred = '#010203'";
    let theme = Theme::parse(text, Depth::TrueColor).expect("a theme");
    assert_eq!(theme.style(Role::Critical).fg, Some(Color::Rgb(1, 2, 3)));
    assert_eq!(theme.style(Role::ProductionBadge).bg, Some(Color::Rgb(1, 2, 3)));
    assert_eq!(theme.style(Role::Healthy), shipped("dark", Depth::TrueColor).style(Role::Healthy));
}

#[test]
fn what_a_file_says_of_a_role_holds_at_every_depth_over_what_it_extends() {
    let text = "extends = 'dark'\n[roles]\nselected = { bg = 'blue' }";
    let theme = Theme::parse(text, Depth::Ansi16).expect("a theme");
    assert_eq!(theme.style(Role::Selected), Style::new().bg(Color::LightBlue));
    let text = format!("{text}\n[ansi16.roles]\nselected = {{ underline = true }}");
    let theme = Theme::parse(&text, Depth::Ansi16).expect("a theme");
    assert_eq!(theme.style(Role::Selected), Style::new().add_modifier(Modifier::UNDERLINED));
}

#[test]
fn the_terminals_own_colours_are_left_as_they_are() {
    let text = "[roles]\nscreen = { fg = 'default', bg = 'bright-black' }";
    for depth in [Depth::Ansi16, Depth::Ansi256, Depth::TrueColor] {
        let style = Theme::parse(text, depth).expect("a theme").style(Role::Screen);
        assert_eq!((style.fg, style.bg), (Some(Color::Reset), Some(Color::DarkGray)));
    }
}

/// Each file of the folder has one fault, and says in its last comments what is to be told of it.
#[test]
fn every_broken_theme_file_is_told_where_it_is_wrong_and_what_to_write_instead() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/broken/themes");
    for file in std::fs::read_dir(folder).expect("the folder of broken themes") {
        let path = file.expect("a broken theme").path();
        let text = std::fs::read_to_string(&path).expect("a broken theme");
        let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#: ")).collect();
        assert_eq!(mistakes(&text), expected.join("\n"), "{}", path.display());
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_loader_panic(text in "(\\[?(roles|palette|ansi16|extends)\\]?|[\\x00-\\x7f\\n='\"{}é]){0,40}") {
        let _ = Theme::parse(&text, Depth::Ansi16);
    }
}
