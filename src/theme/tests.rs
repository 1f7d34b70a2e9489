use super::*;

#[test]
fn every_shipped_theme_loads_at_every_depth() {
    for shipped in SHIPPED {
        for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::TrueColor] {
            assert_eq!(Theme::parse(shipped.text, depth).err(), None, "{}", shipped.name);
        }
    }
}
