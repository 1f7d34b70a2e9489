//! Lays the layers over each other.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::sources::{Files, Named, Sources};
use super::{Access, Environment, Flags, Mistakes, Paths, ReadOnly, Settings, color};
use crate::fleet::{Naming, Region};
use crate::{keymap, plan, theme};

/// Time between two looks, where nobody says otherwise.
const REFRESH: Duration = Duration::from_secs(10);
/// What an idle session may cost an account, where nobody says otherwise.
const CALLS_PER_MINUTE: u32 = 30;

/// Loads the settings of a session. A default file that is not there is fine.
///
/// # Errors
///
/// Everything wrong with the flags, the environment, the configuration, the theme and the keymap.
pub fn load(flags: &Flags, environment: &Environment, files: Files<'_>) -> Result<Settings, Mistakes> {
    let paths = Paths::of(environment, flags);
    let mut mistakes = Mistakes::default();
    if environment.home.is_none() && environment.state_home.is_none() {
        mistakes.add("HOME", "no home folder is known", "set HOME, or XDG_STATE_HOME to a folder of yours");
    }
    let depth = color::depth(flags.color, None, environment);
    let mut sources = Sources { files, paths: &paths, mistakes: &mut mistakes };
    let theme_name = named("--theme", flags.theme.as_deref(), theme::SHIPPED[0].name);
    let theme = sources.theme(&theme_name, depth);
    let keymap = sources.keymap(&named("--keymap", flags.keymap.as_deref(), keymap::SHIPPED[0].name));
    let (Some(theme), Some(keymap), true) = (theme, keymap, mistakes.is_empty()) else {
        return Err(mistakes);
    };
    let regions =
        if flags.regions.is_empty() { environment.region.as_slice() } else { flags.regions.as_slice() };
    Ok(Settings {
        access: Access {
            profile: flags.profile.clone().or_else(|| environment.profile.clone()),
            regions: regions.iter().map(Region::new).collect(),
            endpoint_url: flags.endpoint_url.clone(),
            pinned_account: None,
        },
        account_names: BTreeMap::new(),
        read_only: if flags.read_only { ReadOnly::Flag } else { ReadOnly::No },
        refresh: flags.refresh.map_or(REFRESH, Duration::from_secs),
        calls_per_minute: CALLS_PER_MINUTE,
        naming: Naming::default(),
        plan: plan::Policy::default(),
        theme_name: theme_name.name,
        theme,
        depth,
        terminal: environment.term.clone().unwrap_or_default(),
        keymap,
        cluster: flags.cluster.as_deref().map(Into::into),
        filter: flags.filter.clone(),
        log: flags.log.clone(),
        state: paths.state,
    })
}

fn named(flag: &str, name: Option<&str>, default: &str) -> Named {
    let name = name.unwrap_or(default).to_owned();
    Named { name, place: flag.to_owned(), base: PathBuf::new() }
}
