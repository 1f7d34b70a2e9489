use std::fmt::Write as _;
use std::io;
use std::path::Path;

use proptest::prelude::*;

use super::*;

const CONFIG: &str = "/home/ann/.config/flightdeck/config.toml";

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::of(|name| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into()))
}

/// Loads what ann is told by these flags, variables and files.
fn load_with(
    flags: &Flags,
    variables: &[(&str, &str)],
    files: &[(&str, &str)],
) -> Result<Settings, Mistakes> {
    let home = [("HOME", "/home/ann"), ("TERM", "xterm-256color")];
    let environment = environment(&[variables, &home].concat());
    let text_of = |path: &Path| files.iter().find(|(file, _)| Path::new(file) == path);
    load(flags, &environment, &|path| Ok(text_of(path).map(|(_, text)| (*text).to_owned())))
}

/// Loads a configuration that has to be sound.
fn loaded(config: &str) -> Settings {
    load_with(&Flags::default(), &[], &[(CONFIG, config)]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The mistakes of a configuration, one a line, as `line:column what; remedy`.
fn mistakes(config: &str) -> String {
    let mistakes = load_with(&Flags::default(), &[], &[(CONFIG, config)]).expect_err("mistakes");
    let lines = mistakes.iter().map(|mistake| {
        let place = mistake.place.strip_prefix(CONFIG).and_then(|place| place.strip_prefix(':'));
        format!("{} {}; {}", place.expect("a place in the file"), mistake.what, mistake.remedy)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The sample with its settings without a default, too.
fn whole_example() -> String {
    let set = |line: &str| {
        let setting = line
            .strip_prefix('#')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '['));
        setting.unwrap_or(line).to_owned()
    };
    example().lines().map(set).collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_said_is_a_session_on_the_defaults() {
    let settings = load_with(&Flags::default(), &[], &[]).expect("the defaults");
    assert_eq!(settings.access, Access::default());
    assert_eq!(settings.read_only, ReadOnly::No);
    assert_eq!(settings.calls_per_minute, 30);
    assert_eq!(settings.refresh, Duration::from_secs(10));
    assert_eq!(settings.theme_name, "dark");
    assert_eq!(settings.depth, Depth::Ansi256);
    assert_eq!(settings.keymap, Keymap::default());
    assert_eq!(settings.plan, plan::Policy::default());
    assert_eq!(settings.log, None);
    assert_eq!(settings.state, PathBuf::from("/home/ann/.local/state/flightdeck"));
}

#[test]
fn the_example_says_exactly_the_defaults() {
    let settings = load_with(&Flags::default(), &[], &[]).expect("the defaults");
    let mut said = loaded(&example());
    assert_eq!(said.drift.rules.len(), drift::RULES.len());
    assert_eq!(drift::table(&said.drift), drift::table(&settings.drift));
    // What is said of a rule is what holds without; everything else is the same value.
    said.drift.rules.clear();
    assert_eq!(format!("{said:#?}"), format!("{settings:#?}"));
}

#[test]
fn what_the_example_leaves_out_may_be_said_as_it_stands_there() {
    let settings = loaded(&whole_example());
    assert_eq!(settings.access.profile.as_deref(), Some("prod"));
    assert_eq!(settings.access.regions, ["eu-west-1".into(), "us-east-1".into()]);
    assert_eq!(settings.log, Some(PathBuf::from("/home/ann/flightdeck.log")));
    assert_eq!(settings.plan.clusters.len(), 1);
    assert_eq!(settings.naming.clusters.len(), 1);
    assert_eq!(settings.naming.watched, settings.plan.watched());
    assert!(settings.naming.watched[0].1.metrics);
    assert_eq!(settings.naming.families.len(), 1);
    assert_eq!(settings.drift.ignores.len(), 1);
    assert_eq!(settings.plan.freezes.len(), 1);
    let orders = &settings.plan.clusters[0].1;
    assert_eq!(
        (orders.bake, orders.keep_warm, orders.lease),
        (Some(600), Some(7200), Some(plan::LeaseStore::Ssm))
    );
    assert!(orders.manual_gate && orders.require_reason && orders.two_people);
}

#[test]
fn every_setting_that_is_read_stands_in_the_example() {
    let whole = whole_example();
    let example: toml::Table = whole.parse().expect("the example is TOML");
    // A key that is like no other is answered with all there are.
    let told = mistakes(
        "qqqqqqqq = 1\n[naming]\nqqqqqqqq = 1\n[plan]\nqqqqqqqq = 1\n[drift]\nqqqqqqqq = 1\n\
         [drift.rules.behind]\nqqqqqqqq = 1\n[accounts.\"123456789012\"]\nname = \"p\"\nqqqqqqqq = 1\n\
         [[cluster]]\nname = \"orders\"\nqqqqqqqq = 1\n\
         [[family]]\nname = \"web\"\nnames = [\"w\"]\nqqqqqqqq = 1\n[family.version]\nqqqqqqqq = 1\n\
         [family.build]\npacker = \"t\"\nqqqqqqqq = 1\n\
         [[freeze]]\nfrom = 2030-01-30\nuntil = 2030-01-31\nwhy = \"w\"\nqqqqqqqq = 1\n\
         [[ignore]]\ncluster = \"orders\"\nrule = \"behind\"\nuntil = 2030-01-31\nreason = \"r\"\n\
         author = \"a\"\nqqqqqqqq = 1",
    );
    for line in told.lines() {
        let (what, keys) = line.split_once("; write ").expect(line);
        let section = what.split(['[', ']']).nth(1).unwrap_or_default();
        let in_section = section.split('.').filter(|part| !part.is_empty()).fold(&example, |table, part| {
            let value = &table[part];
            value.get(0).unwrap_or(value).as_table().expect(section)
        });
        for key in keys.trim_start_matches("one of ").split(", ").map(|key| key.trim_matches('`')) {
            assert!(in_section.contains_key(key), "the example has no {key} in [{section}]");
        }
    }
    assert_eq!(told.lines().count(), 12, "{told}");
}

#[test]
fn the_environment_is_laid_over_the_file_and_flags_over_both() {
    let file = "profile = 'f'\nregions = ['f-1']\nendpoint_url = 'http://f'\ntheme = 'light'\ncolor = '16'\nrefresh = '20s'";
    let file = [(CONFIG, file)];
    let flags = Flags {
        profile: Some("c".into()),
        regions: vec!["c-1".into(), "c-2".into(), "c-1".into()],
        endpoint_url: Some("http://c".into()),
        theme: Some("monochrome".into()),
        color: Some(ColorChoice::TrueColor),
        refresh: Some(60),
        ..Flags::default()
    };
    let variables = [
        ("AWS_PROFILE", "e"),
        ("AWS_REGION", "e-1"),
        ("AWS_DEFAULT_REGION", "e-2"),
        ("AWS_ENDPOINT_URL", "http://e"),
        ("NO_COLOR", "1"),
    ];
    let said = |flags: &Flags, variables: &[(&str, &str)]| {
        let settings = load_with(flags, variables, &file).expect("no mistakes");
        let Access { profile, regions, endpoint_url, .. } = settings.access;
        let regions = regions.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let (profile, url) = (profile.unwrap_or_default(), endpoint_url.unwrap_or_default());
        let (theme, refresh) = (settings.theme_name, settings.refresh.as_secs());
        format!("{profile} {regions} {url} {theme} {:?} {refresh}", settings.depth)
    };
    assert_eq!(said(&Flags::default(), &[]), "f f-1 http://f light Ansi16 20");
    // The SDK reads its own endpoint.
    assert_eq!(said(&Flags::default(), &variables), "e e-1  light None 20");
    assert_eq!(said(&Flags::default(), &variables[2..3]), "f e-2 http://f light Ansi16 20");
    assert_eq!(said(&flags, &variables), "c c-1 c-2 http://c monochrome TrueColor 60");
}

#[test]
fn a_profile_of_a_flag_or_the_file_is_on_purpose_and_one_of_the_environment_is_not() {
    let on_purpose = |flag: Option<&str>, variables: &[(&str, &str)]| {
        let flags = Flags { profile: flag.map(Into::into), ..Flags::default() };
        load_with(&flags, variables, &[(CONFIG, "profile = 'f'")])
            .expect("no mistakes")
            .access
            .profile_on_purpose
    };
    assert!(on_purpose(None, &[]));
    assert!(!on_purpose(None, &[("AWS_PROFILE", "e")]));
    assert!(on_purpose(Some("c"), &[("AWS_PROFILE", "e")]));
}

#[test]
fn of_several_words_about_writing_the_strictest_wins() {
    for (file, flag, expected) in [
        ("", false, ReadOnly::No),
        ("", true, ReadOnly::Flag),
        ("read_only = false", true, ReadOnly::Flag),
        ("read_only = true", false, ReadOnly::Flag),
        ("read_only = 'locked'", false, ReadOnly::Locked),
        ("read_only = 'locked'", true, ReadOnly::Locked),
    ] {
        let flags = Flags { read_only: flag, ..Flags::default() };
        let settings = load_with(&flags, &[], &[(CONFIG, file)]).expect("no mistakes");
        assert_eq!(settings.read_only, expected, "{file:?} and {flag}");
    }
}

#[test]
fn files_are_where_the_environment_and_the_flags_say() {
    let of = |variables: &[(&str, &str)], flag: Option<&str>| {
        let flags = Flags { config: flag.map(Into::into), ..Flags::default() };
        let Paths { config_file, themes, state, .. } = Paths::of(&environment(variables), &flags);
        [config_file, themes, state].map(|path| path.display().to_string()).join(" ")
    };
    let home = ("HOME", "/h");
    assert_eq!(
        of(&[home], None),
        "/h/.config/flightdeck/config.toml /h/.config/flightdeck/themes /h/.local/state/flightdeck"
    );
    let all = [home, ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s"), ("FLIGHTDECK_CONFIG", "/e.toml")];
    assert_eq!(of(&all[..3], None), "/c/flightdeck/config.toml /c/flightdeck/themes /s/flightdeck");
    assert_eq!(of(&all, None), "/e.toml /c/flightdeck/themes /s/flightdeck");
    assert_eq!(of(&all, Some("mine.toml")), "mine.toml /c/flightdeck/themes /s/flightdeck");
    let odd = [home, ("XDG_CONFIG_HOME", "relative"), ("XDG_STATE_HOME", "")];
    assert_eq!(of(&odd, None), of(&[home], None));
}

#[test]
fn a_configuration_must_be_there_only_if_somebody_named_it() {
    let named = Flags { config: Some("/etc/fd.toml".into()), ..Flags::default() };
    let told = load_with(&named, &[], &[]).expect_err("a mistake").to_string();
    assert_eq!(
        told,
        "/etc/fd.toml: there is no such file; mend its name, or write one with `flightdeck config --example`"
    );
    assert_eq!(
        load_with(&Flags::default(), &[("FLIGHTDECK_CONFIG", "/etc/fd.toml")], &[]).unwrap_err().to_string(),
        told
    );
    assert!(
        load_with(&named, &[], &[("/etc/fd.toml", "read_only = true")])
            .expect("no mistakes")
            .read_only
            .is_on()
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_what_to_do() {
    let environment = environment(&[("HOME", "/home/ann")]);
    let refused = |kind: io::ErrorKind| {
        let files = move |path: &Path| {
            if path == Path::new(CONFIG) { Err(io::Error::from(kind)) } else { Ok(None) }
        };
        load(&Flags::default(), &environment, &files).expect_err("a mistake").to_string()
    };
    let told = refused(io::ErrorKind::PermissionDenied);
    assert_eq!(told, format!("{CONFIG}: it cannot be read: permission denied; make it readable for you"));
    assert!(refused(io::ErrorKind::InvalidData).ends_with("save it as UTF-8"));
}

#[test]
fn without_a_home_nothing_can_be_kept_and_that_is_said() {
    let load = |variables: &[(&str, &str)]| load(&Flags::default(), &environment(variables), &|_| Ok(None));
    let told = load(&[]).expect_err("a mistake").to_string();
    assert_eq!(told, "HOME: no home folder is known; set HOME, or XDG_STATE_HOME to a folder of yours");
    assert_eq!(load(&[("XDG_STATE_HOME", "/s")]).expect("no mistakes").state, PathBuf::from("/s/flightdeck"));
}

#[test]
fn colours_are_what_was_asked_for_else_what_the_terminal_says_of_itself() {
    let depth = |flag: Option<ColorChoice>, file: Option<ColorChoice>, variables: &[(&str, &str)]| {
        color::depth(flag, file, &environment(variables))
    };
    for (variables, expected) in [
        (&[("TERM", "xterm-256color")][..], Depth::Ansi256),
        (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::TrueColor),
        (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], Depth::TrueColor),
        (&[("TERM", "xterm-direct")], Depth::TrueColor),
        (&[("TERM", "linux")], Depth::Ansi16),
        (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Depth::None),
        (&[("TERM", "vt100")], Depth::None),
        (&[("TERM", "xterm-mono")], Depth::None),
        (&[], Depth::None),
        (&[("TERM", "xterm"), ("NO_COLOR", "")], Depth::Ansi16),
        (&[("TERM", "xterm"), ("NO_COLOR", "0")], Depth::None),
    ] {
        assert_eq!(depth(None, None, variables), expected, "{variables:?}");
    }
    let no_color = [("TERM", "xterm"), ("NO_COLOR", "1")];
    assert_eq!(depth(None, Some(ColorChoice::TwoHundredFiftySix), &no_color), Depth::None);
    assert_eq!(depth(Some(ColorChoice::Sixteen), None, &no_color), Depth::Ansi16);
    assert_eq!(depth(Some(ColorChoice::Auto), None, &no_color), Depth::None);
    assert_eq!(depth(None, Some(ColorChoice::TrueColor), &no_color[..1]), Depth::TrueColor);
    assert_eq!(depth(Some(ColorChoice::Never), Some(ColorChoice::TrueColor), &no_color[..1]), Depth::None);
}

const OWN_THEME: &str = "description = \"mine\"\nextends = \"light\"";

#[test]
fn a_theme_is_the_users_file_of_that_name_else_a_shipped_one_else_a_path() {
    let folder = "/home/ann/.config/flightdeck";
    let theme = |config: &str, flag: Option<&str>, file: &str| {
        let flags = Flags { theme: flag.map(Into::into), ..Flags::default() };
        let settings = load_with(&flags, &[], &[(CONFIG, config), (file, OWN_THEME)]).expect("no mistakes");
        (settings.theme_name, settings.theme.description() == "mine")
    };
    let mine = format!("{folder}/themes/mine.toml");
    assert_eq!(theme("theme = 'mine'", None, &mine), ("mine".into(), true));
    assert_eq!(theme("theme = 'light'", None, &mine), ("light".into(), false));
    assert_eq!(theme("", None, &format!("{folder}/themes/dark.toml")), ("dark".into(), true));
    assert!(theme("theme = 'own/t.toml'", None, &format!("{folder}/own/t.toml")).1);
    assert!(theme("theme = '~/t.toml'", None, "/home/ann/t.toml").1);
    assert!(theme("theme = '/t.toml'", None, "/t.toml").1);
    // A flag's path starts from where the program was started.
    assert!(theme("theme = 'light'", Some("t.toml"), "t.toml").1);
}

#[test]
fn a_name_that_nobody_knows_is_answered_with_the_nearest() {
    let flags = Flags { theme: Some("drak".into()), keymap: Some("vim".into()), ..Flags::default() };
    insta::assert_snapshot!(load_with(&flags, &[], &[]).expect_err("mistakes"), @"
    --theme: no theme is called `drak`; write `dark`, or put yours at /home/ann/.config/flightdeck/themes/drak.toml
    --keymap: no keymap is called `vim`; write `default`, or put yours at /home/ann/.config/flightdeck/keymaps/vim.toml
    ");
}

#[test]
fn all_mistakes_are_told_at_once_each_with_its_file() {
    let files = [
        (CONFIG, "refesh = '5s'\ntheme = 'mine'\nkeymap = 'keys.toml'\nprofile = 7"),
        ("/home/ann/.config/flightdeck/themes/mine.toml", "[roles]\nhelthy = 'green'"),
        ("/home/ann/.config/flightdeck/keys.toml", "extends = 'defualt'"),
    ];
    let flags = Flags { refresh: Some(0), ..Flags::default() };
    insta::assert_snapshot!(load_with(&flags, &[], &files).expect_err("mistakes"), @r#"
    --refresh: 0 seconds are no time between two looks; write a number of seconds from 1 to 3600
    /home/ann/.config/flightdeck/config.toml:1:1: no setting is called `refesh`; write `refresh`
    /home/ann/.config/flightdeck/config.toml:4:11: `profile` takes a string, not an integer; write "7"
    /home/ann/.config/flightdeck/themes/mine.toml:2:1: no role is called `helthy`; write `healthy`
    /home/ann/.config/flightdeck/keys.toml:1:11: no shipped keymap is called `defualt`; write `default`
    "#);
}

#[test]
fn a_cluster_gives_fleet_its_groups_and_plan_its_limits() {
    let settings = loaded(
        "[plan]\nmin_healthy = 2\n[accounts.210987654321]\nname = 'prod'\nproduction = true\n\
         [accounts.123456789012]\nname = 'lab'\n\
         [[cluster]]\nname = 'orders'\ngroups = ['o-*', '/p-(a|ab)/']\naccount = '123456789012'\nmin_healthy = 6\n\
         [[cluster]]\nname = 'orders'\nproduction = true",
    );
    let groups = &settings.naming.clusters[0].groups;
    let of_orders = |name: &str| groups.iter().any(|pattern| pattern.is_match(name));
    assert!(of_orders("o-blue") && of_orders("p-ab"));
    assert!(!of_orders("no-blue") && !of_orders("p-abc"));
    assert_eq!(settings.naming.clusters.len(), 1);
    let cluster = |account: &str, name: &str| crate::fleet::ClusterId {
        place: crate::fleet::Place { account: account.into(), region: "eu-west-1".into() },
        name: name.into(),
    };
    assert_eq!(settings.plan.min_healthy(&cluster("123456789012", "orders")), 6);
    assert_eq!(settings.plan.min_healthy(&cluster("210987654321", "orders")), 2);
    assert!(settings.plan.is_production(&cluster("123456789012", "orders")));
    assert!(!settings.plan.is_production(&cluster("123456789012", "search")));
    assert!(settings.plan.is_production(&cluster("210987654321", "search")));
    assert_eq!(settings.account_names[&"123456789012".into()], "lab");
}

#[test]
fn what_is_watched_of_a_cluster_is_said_once_and_reaches_the_limits_and_what_is_asked() {
    let settings = loaded(
        "[[cluster]]\nname = 'orders'\naccount = '123456789012'\nalarms = []\n\
         [[cluster]]\nname = 'orders'\nalarms = ['errors', 'slow']\n\
         gates = { max_5xx_percent = 0.5, max_response_ms = 800 }\n[[cluster]]\nname = 'search'",
    );
    let cluster = |account: &str, name: &str| crate::fleet::ClusterId {
        place: crate::fleet::Place { account: account.into(), region: "eu-west-1".into() },
        name: name.into(),
    };
    let orders = cluster("210987654321", "orders");
    assert_eq!(settings.plan.alarms(&orders), ["errors".into(), "slow".into()]);
    assert_eq!(settings.plan.gates(&orders).max_5xx_percent, Some(0.5));
    assert_eq!(settings.plan.gates(&orders).max_response_ms, Some(800));
    assert_eq!(settings.plan.gates(&orders).min_healthy_hosts, None);
    let watched = settings.naming.watched(&orders);
    assert_eq!(watched.alarms.as_deref(), Some(settings.plan.alarms(&orders)));
    assert!(watched.metrics);
    let quiet = cluster("123456789012", "orders");
    assert!(settings.plan.alarms(&quiet).is_empty());
    assert_eq!(settings.naming.watched(&quiet).alarms, Some(Vec::new()));
    for unsaid in [cluster("1", "search"), cluster("1", "shop")] {
        assert_eq!(settings.naming.watched(&unsaid), crate::fleet::Watched::default());
    }
}

#[test]
fn drift_is_judged_as_the_file_says_for_the_fleet_and_for_a_cluster() {
    let settings = loaded(
        "[drift]\nmax_age = '14d'\n[drift.rules]\nbehind.severity = 'critical'\nstandby = { enabled = false }\n\
         [[cluster]]\nname = 'orders'\nmax_age = '2d'\n[cluster.rules.standby]\nenabled = true",
    );
    let day = Duration::from_hours(24);
    assert_eq!(settings.drift.phoenix_age, 14 * day);
    assert_eq!(settings.drift.clusters[0].1.phoenix_age, Some(2 * day));
    let severity = |rule: &str, cluster: &str| {
        let place = crate::fleet::Place { account: "1".into(), region: "eu-west-1".into() };
        let cluster = crate::fleet::ClusterId { place, name: cluster.into() };
        settings.drift.severity(rule.parse().expect("a rule"), Some(&cluster))
    };
    assert_eq!(severity("behind", "search"), Some(drift::Severity::Critical));
    assert_eq!(severity("standby", "search"), None);
    assert_eq!(severity("standby", "orders"), Some(drift::Severity::Info));
}

#[test]
fn a_mistake_cannot_command_the_terminal() {
    let told =
        load_with(&Flags::default(), &[], &[(CONFIG, r#"color = "\u001b[2J""#)]).expect_err("a mistake");
    assert!(!told.to_string().contains('\u{1b}'), "{told:?}");
}

/// Each file of the folder has one fault, and says in its last comments what is to be told of it.
#[test]
fn every_broken_configuration_is_told_where_it_is_wrong_and_what_to_write_instead() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/broken/config");
    let mut wrong = String::new();
    for file in std::fs::read_dir(folder).expect("the folder of broken configurations") {
        let path = file.expect("a broken configuration").path();
        let text = std::fs::read_to_string(&path).expect("a broken configuration");
        let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#: ")).collect();
        let told = mistakes(&text);
        if told != expected.join("\n") {
            let _infallible = writeln!(wrong, "{}\n{told}\n", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

proptest! {
    // Each case compiles expressions, which takes its time in a debug build.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_makes_the_loader_panic(
        text in "(\\[{0,2}(naming|plan|accounts|cluster|refresh|color|read_only)\\]{0,2}|[\\x00-\\x7f\\n='\"{}é]){0,40}"
    ) {
        let _ = file::read(&text);
    }

    #[test]
    fn no_slip_in_the_example_makes_the_loader_panic(at in 0..4000_usize, length in 0..40_usize, slip in ".{0,12}") {
        let mut text = whole_example();
        let start = text.floor_char_boundary(at);
        let end = text.floor_char_boundary(start + length);
        text.replace_range(start..end, &slip);
        let _ = file::read(&text);
    }
}
