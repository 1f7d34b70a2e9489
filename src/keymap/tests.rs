use proptest::prelude::*;

use super::*;

fn keys(text: &str) -> Vec<Key> {
    text.parse::<Chord>().expect("a chord").keys().to_vec()
}

#[test]
fn every_shipped_keymap_loads() {
    for shipped in SHIPPED {
        assert!(Keymap::parse(shipped.text).is_ok(), "{}", shipped.name);
    }
}

#[test]
fn the_default_keys_are_those_of_the_contract() {
    let keymap = Keymap::default();
    for (typed, action) in [
        ("enter", Action::Open),
        ("j", Action::MoveDown),
        ("k", Action::MoveUp),
        ("down", Action::MoveDown),
        ("up", Action::MoveUp),
        ("g", Action::First),
        ("G", Action::Last),
        ("ctrl-d", Action::HalfPageDown),
        ("ctrl-u", Action::HalfPageUp),
        ("/", Action::Filter),
        (":", Action::Palette),
        ("?", Action::Help),
        ("s", Action::Shift),
        ("b", Action::Switch),
        ("r", Action::Rollback),
        ("o", Action::Operations),
        ("!", Action::HoldAll),
        ("a", Action::Arm),
        ("ctrl-r", Action::ObserveNow),
        ("q", Action::Quit),
        ("ctrl-c", Action::Quit),
    ] {
        assert_eq!(keymap.lookup(Context::Fleet, &keys(typed)), Lookup::Action(action), "{typed}");
    }
    assert_eq!(keymap.lookup(Context::Cluster, &keys("esc")), Lookup::Action(Action::Back));
    assert_eq!(keymap.lookup(Context::Fleet, &keys("esc")), Lookup::None);
}

/// A keymap made from the default and these lines.
fn with(lines: &str) -> Keymap {
    Keymap::parse(&format!("extends = \"default\"\n{lines}")).expect("a key file without mistakes")
}

fn said(keymap: &Keymap, context: Context, action: Action) -> String {
    keymap.chords(context, action).map(Chord::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_action_has_a_key_by_default_wherever_it_applies() {
    let keymap = Keymap::default();
    for action in Action::ALL {
        for context in action.contexts() {
            assert_ne!(said(&keymap, *context, *action), "", "{action} in {context}");
        }
    }
}

#[test]
fn a_bare_letter_says_nothing_in_a_text_field_and_ctrl_c_leaves_from_there() {
    let keymap = Keymap::default();
    for letter in (' '..='~').map(|c| Key::from(Code::Char(c))) {
        assert_eq!(keymap.lookup(Context::Text, &[letter]), Lookup::None, "{letter}");
    }
    for context in Context::ALL {
        assert_eq!(keymap.lookup(*context, &keys("ctrl-c")), Lookup::Action(Action::Quit));
    }
}

#[test]
fn a_prefix_waits_and_tells_what_may_follow() {
    let keymap = with(
        "[everywhere]\nfirst = 'g g'\nlast = 'g e'\nactivity = 'g w a'\nfilter = 'g w f'\narm = 'G'\nhelp = 'f1'",
    );
    let fleet = |typed: &str| keymap.lookup(Context::Fleet, &keys(typed));
    let pending = |follows: &[(&str, Follow)]| {
        let follows = follows.iter().map(|(key, follow)| (key.parse().expect("a key"), *follow));
        Lookup::Pending(follows.collect())
    };
    let (to_last, to_first) = (Follow::Action(Action::Last), Follow::Action(Action::First));
    assert_eq!(fleet("g"), pending(&[("e", to_last), ("g", to_first), ("w", Follow::More)]));
    let (to_activity, to_filter) = (Follow::Action(Action::Activity), Follow::Action(Action::Filter));
    assert_eq!(fleet("g w"), pending(&[("a", to_activity), ("f", to_filter)]));
    assert_eq!(fleet("g g"), Lookup::Action(Action::First));
    assert_eq!(fleet("g x"), Lookup::None);
    assert_eq!(fleet("g g g"), Lookup::None);
    assert_eq!(keymap.lookup(Context::Fleet, &[]), Lookup::None);
}

#[test]
fn a_file_that_extends_the_default_changes_only_what_it_names() {
    let keymap = with("[everywhere]\nshift = ['S', 'f2']\nactivity = []");
    assert_eq!(said(&keymap, Context::Fleet, Action::Shift), "S, f2");
    assert_eq!(keymap.lookup(Context::Fleet, &keys("s")), Lookup::None);
    assert_eq!(said(&keymap, Context::Fleet, Action::Activity), "");
    assert_eq!(said(&keymap, Context::Fleet, Action::Rollback), "r");
}

#[test]
fn a_context_of_its_own_wins_over_everywhere_and_only_there() {
    let keymap = with("[cluster]\nshift = 'S'\n[everywhere]\nshift = 'f2'");
    assert_eq!(said(&keymap, Context::Cluster, Action::Shift), "S");
    assert_eq!(said(&keymap, Context::Fleet, Action::Shift), "f2");
}

#[test]
fn what_a_file_binds_takes_the_key_from_the_action_that_had_it_by_default() {
    let keymap = with("[everywhere]\nactivity = 's'\nfilter = 'g f'");
    assert_eq!(keymap.lookup(Context::Fleet, &keys("s")), Lookup::Action(Action::Activity));
    assert_eq!(said(&keymap, Context::Fleet, Action::Shift), "");
    assert_eq!(said(&keymap, Context::Fleet, Action::First), "home");
    assert_eq!(said(&keymap, Context::Instance, Action::First), "g, home");
}

#[test]
fn a_key_file_may_stand_on_its_own() {
    let text = "[everywhere]\nquit = ['q', 'ctrl-c']\nback = 'esc'\naccept = 'enter'";
    let keymap = Keymap::parse(text).expect("a key file without mistakes");
    assert_eq!(keymap.lookup(Context::Fleet, &keys("s")), Lookup::None);
    assert_eq!(keymap.lookup(Context::Fleet, &keys("q")), Lookup::Action(Action::Quit));
}

#[test]
fn the_footer_shows_the_keys_in_use_and_leaves_out_what_has_none() {
    let keymap = with("[everywhere]\nshift = 'S'\nactivity = []");
    let shown = |context| {
        let hints = keymap.footer(context).into_iter().map(|e| format!("{} {}", e.chord, e.hint.label));
        hints.collect::<Vec<_>>().join(" · ")
    };
    insta::assert_snapshot!(Context::ALL.iter().map(|c| shown(*c)).collect::<Vec<_>>().join("\n"), @r#"
    enter open · S shift · b switch · r roll back · ! stop all · = compare · / filter · o operations · i images · a arm · ctrl-r observe now · : command · ? all keys · q quit
    enter open · esc back · S shift · b switch · f refresh · x replace · Q quarantine · R rebuild · r roll back · ! stop all · d details · = compare · / filter · o operations · i images · a arm · ctrl-r observe now · : command · ? all keys · q quit
    esc back · x replace · Q quarantine · ! stop all · d details · o operations · i images · a arm · ctrl-r observe now · : command · ? all keys · q quit
    enter open · esc back · r roll back · ! stop all · p pause · n step now · h hold · x abort · y approve · R resume · / filter · i images · l log · a arm · ctrl-r observe now · : command · ? all keys · q quit
    enter open · esc back · R rebuild · M mark bad · ! stop all · d details · / filter · o operations · c compare · a arm · ctrl-r observe now · : command · ? all keys · q quit
    esc back · ! stop all · / filter · o operations · i images · a arm · ctrl-r observe now · : command · ? all keys · q quit
    esc back · ! stop all · = compare · o operations · i images · a arm · ctrl-r observe now · : command · ? all keys · q quit
    esc back · ! stop all · / filter · ] next build · a arm · ctrl-r observe now · : command · ? all keys · q quit
    enter go on · y yes · n no · esc back · ! stop all · q quit
    enter go on · esc back · ctrl-x stop all · ctrl-c quit
    "#);
}

#[test]
fn help_lists_everything_that_applies_grouped_by_what_it_is_about() {
    for context in Context::ALL {
        let keymap = Keymap::default();
        let help = keymap.help(*context);
        assert_eq!(help.len(), Action::ALL.iter().filter(|action| action.applies_in(*context)).count());
        assert!(help.is_sorted_by_key(|entry| entry.action.kind()));
    }
}

#[test]
fn the_table_of_keys_is_derived_from_the_rows_and_the_keys_in_use() {
    insta::assert_snapshot!(Keymap::default().table(), @r#"
    move
      k, up      move-up           one row up                                    everywhere
      j, down    move-down         one row down                                  everywhere
      ctrl-u     half-page-up      half a page up                                every screen, dialog
      ctrl-d     half-page-down    half a page down                              every screen, dialog
      pageup     page-up           one page up                                   everywhere
      pagedown   page-down         one page down                                 everywhere
      g, home    first             the first row                                 every screen, dialog
      G, end     last              the last row                                  every screen, dialog
      tab        next-field        the next field or answer of a dialog          dialog, text
      shift-tab  previous-field    the previous field or answer of a dialog      dialog, text
      n          next-drift        the next row with drift                       fleet, cluster, images
      N          previous-drift    the previous row with drift                   fleet, cluster, images

    look
      enter      open              goes into the selected row                    fleet, cluster, operations, images
      esc        back              goes back, or leaves a dialog alone           cluster, instance, operations, images, activity, compare, log, dialog, text
      ]          next-source       the next listener or rule with traffic        cluster
      [          previous-source   the previous listener or rule with traffic    cluster
      space      mark              marks the row, or unmarks it                  cluster, images
      m a        mark-all          marks every instance that is listed           cluster
      m t        mark-tainted      marks what is tainted in this server group    cluster
      m b        mark-behind       marks what is behind in this server group     cluster
      m o        mark-oldest       marks the oldest yet unmarked in this group   cluster
      m n        unmark            unmarks all rows                              cluster, images
      d          details           shows or hides what more there is to tell     cluster, instance, images
      I          ignore            lets a finding rest until a date              cluster, instance
      u          gaps              lists what could not be read, and why         fleet, cluster, instance, images, compare
      =          compare           sets it beside another cluster: what differs  fleet, cluster, compare
      >          sort-next         sorts by the next column                      fleet, cluster, images
      <          sort-reverse      turns the order of the rows around            fleet, cluster, images
      /          filter            shows only the rows that match                fleet, cluster, operations, images, activity, log
      o          operations        shows what runs, what was left, what is past  fleet, cluster, instance, images, activity, compare
      i          images            shows images, their bases, and who runs them  fleet, cluster, instance, operations, activity, compare
      c          compare-images    puts the two marked images beside each other  images
      A          activity          shows what was done, and by whom              fleet, cluster, instance, operations, images, compare
      l          log               shows the log of the build it runs or ran     operations
      ]          next-build        the next build of the operation               log
      [          previous-build    the previous build of the operation           log

    change
      s          shift             shifts traffic between the server groups      fleet, cluster
      b          switch            switches all traffic to the other group       fleet, cluster
      f          refresh           replaces a group's instances, rolling         cluster
      x          replace           replaces the instance by a new one            cluster, instance
      m x        replace-several   replaces all tainted or behind, by batches    cluster
      D          deploy            deploys an image to the side without traffic  fleet, cluster
      S          scale             gives a group another size or type            cluster
      Q          quarantine        sets it aside, releases it, terminates it     cluster, instance
      X          drill             rehearses the loss of an instance or a zone   cluster
      R          rebuild           builds an image, or all that stands on it     cluster, images
      M          mark-bad          marks the image as bad, or as good again      images
      r          rollback          rolls traffic back to what it was             fleet, cluster, operations
      C          cancel-refresh    cancels the refresh of the group              cluster
      B          rollback-refresh  lets AWS take the refresh of the group back   cluster

    operations
      !, ctrl-x  hold-all          stops every operation of this cockpit         everywhere
      p          pause             pauses the operation, or lets it go on        operations
      n          step-now          ends the wait and takes the next step         operations
      h          hold              stops it where it is, to be taken up later    operations
      x          abort             stops it and takes back what it did           operations
      y          approve           approves a colleague's plan as second person  operations
      R          resume            takes up what was held or left, and goes on   operations

    answer
      enter      accept            takes what is selected or typed               dialog, text
      y          yes               answers yes                                   dialog
      n          no                answers no                                    dialog

    session
      a          arm               arms this session for writing, or disarms it  every screen
      ctrl-r     observe-now       looks at the account at once                  every screen
      :          palette           finds any action or cluster by name           every screen
      ?          help              shows all keys of this screen                 every screen
      ctrl-z     suspend           puts the cockpit behind the shell             everywhere
      q, ctrl-c  quit              leaves, asking only while an operation runs   everywhere
    "#);
}

/// The mistakes of a file, one a line, as `line:column what; remedy`.
fn mistakes(text: &str) -> String {
    let mistakes = Keymap::parse(text).expect_err("a file with mistakes");
    let place = |at: usize| {
        let before = &text[..at];
        let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
        format!("{}:{column}", before.matches('\n').count() + 1)
    };
    let lines = mistakes.iter().map(|m| format!("{} {}; {}", place(m.at.start), m.what, m.remedy));
    lines.collect::<Vec<_>>().join("\n")
}

/// Each file of the folder has one fault, and says in its last comments what is to be told of it.
#[test]
fn every_broken_key_file_is_told_where_it_is_wrong_and_what_to_write_instead() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/broken/keymaps");
    for file in std::fs::read_dir(folder).expect("the folder of broken key files") {
        let path = file.expect("a broken key file").path();
        let text = std::fs::read_to_string(&path).expect("a broken key file");
        let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#: ")).collect();
        assert_eq!(mistakes(&text), expected.join("\n"), "{}", path.display());
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_loader_panic(
        text in "(\\[?(everywhere|text|extends|quit|shift)\\]?|[\\x00-\\x7f\\n='\"{}é]){0,40}"
    ) {
        let _ = Keymap::parse(&text);
    }
}
