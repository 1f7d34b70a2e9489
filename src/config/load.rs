//! Lays the layers over each other.

use std::collections::BTreeSet;
use std::time::Duration;

use super::file::{self, Said};
use super::mistakes::Mistakes;
use super::sources::{Config, Files, Named, Sources};
use super::{Access, Environment, Flags, Paths, ReadOnly, Settings, color};
use crate::fleet::{Naming, Region};
use crate::{keymap, theme};

/// Time between two looks, where nobody says otherwise.
const REFRESH: Duration = Duration::from_secs(10);
/// What an idle session may cost an account, where nobody says otherwise.
const CALLS_PER_MINUTE: u32 = 30;

/// Loads the settings of a session. A configuration that nobody named and that is not there is fine.
///
/// # Errors
///
/// Everything wrong with the flags, the environment, the configuration, the theme and the keymap. What only AWS can
/// judge (profiles, and regions and endpoints given outside the file) is left to the provider, so that the cockpit
/// opens and says it.
pub fn load(flags: &Flags, environment: &Environment, files: Files<'_>) -> Result<Settings, Mistakes> {
    let paths = Paths::of(environment, flags);
    let mut mistakes = Mistakes::default();
    if environment.home.is_none() && environment.state_home.is_none() {
        mistakes.add("HOME", "no home folder is known", "set HOME, or XDG_STATE_HOME to a folder of yours");
    }
    let refresh = flags.refresh.map(Duration::from_secs);
    if let Some(refresh) = refresh.filter(|refresh| !file::REFRESH.contains(refresh)) {
        let (least, most) = (file::REFRESH.start().as_secs(), file::REFRESH.end().as_secs());
        let what = format!("{} seconds are no time between two looks", refresh.as_secs());
        mistakes.add("--refresh", what, format!("write a number of seconds from {least} to {most}"));
    }

    let is_named = flags.config.is_some() || environment.config.is_some();
    let mut sources = Sources { files, paths: &paths, home: environment.home.as_deref(), mistakes };
    let Config { said, theme, keymap, log } = sources.config(is_named);
    let choose = |flag, name: Option<&str>, said: Option<Named>, default| {
        let by_flag = name.map(|name| Named::by_flag(flag, name));
        by_flag.or(said).unwrap_or_else(|| Named::by_flag(flag, default))
    };
    let theme_name = choose("--theme", flags.theme.as_deref(), theme, theme::SHIPPED[0].name);
    let keymap_name = choose("--keymap", flags.keymap.as_deref(), keymap, keymap::SHIPPED[0].name);
    let depth = color::depth(flags.color, said.color, environment);
    let theme = sources.theme(&theme_name, depth);
    let keymap = sources.keymap(&keymap_name);

    let mistakes = sources.mistakes;
    let (Some(theme), Some(keymap), true) = (theme, keymap, mistakes.is_empty()) else {
        return Err(mistakes);
    };
    let asked = if flags.read_only { ReadOnly::Flag } else { ReadOnly::No };
    Ok(Settings {
        access: access(flags, environment, &said),
        account_names: said.account_names,
        read_only: said.read_only.max(asked),
        refresh: refresh.or(said.refresh).unwrap_or(REFRESH),
        calls_per_minute: said.calls_per_minute.unwrap_or(CALLS_PER_MINUTE),
        naming: Naming { watched: said.plan.watched(), ..said.naming },
        drift: said.drift,
        plan: said.plan,
        theme_name: theme_name.name,
        theme,
        depth,
        terminal: environment.term.clone().unwrap_or_default(),
        keymap,
        cluster: flags.cluster.as_deref().map(Into::into),
        filter: flags.filter.clone(),
        log: flags.log.clone().or(log),
        state: paths.state,
    })
}

fn access(flags: &Flags, environment: &Environment, said: &Said) -> Access {
    let by_flag: Vec<Region> = flags.regions.iter().map(Region::new).collect();
    let by_environment: Vec<Region> = environment.region.iter().map(Region::new).collect();
    let regions = [by_flag, by_environment, said.regions.clone()];
    let mut regions = regions.into_iter().find(|regions| !regions.is_empty()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    regions.retain(|region| seen.insert(region.clone()));
    // The SDK reads its own variables itself, those for a single service too.
    let profile = flags.profile.as_ref().or(environment.profile.as_ref()).or(said.profile.as_ref());
    let by_file = said.endpoint_url.as_ref().filter(|_| !environment.has_endpoint);
    Access {
        profile: profile.cloned(),
        profile_on_purpose: flags.profile.is_some()
            || (environment.profile.is_none() && said.profile.is_some()),
        regions,
        endpoint_url: flags.endpoint_url.as_ref().or(by_file).cloned(),
        pinned_account: said.account.clone(),
    }
}
