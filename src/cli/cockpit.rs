//! Opens the cockpit and stays until it is left.

use std::sync::Arc;

use super::args::Global;
use super::exit::End;
use super::session::provider;
use crate::config::Settings;
use crate::runtime::clock::RealClock;
use crate::runtime::cockpit::{self, Cockpit};

pub fn run(global: &Global, settings: Settings) -> Result<(), End> {
    let open = provider(global, &settings, &Arc::new(RealClock))?;
    let cockpit = Cockpit { settings, demo: global.demo, cloud: open };
    let ending = cockpit::run(cockpit).map_err(|error| End::Error(error.to_string()))?;
    match ending.exit_code() {
        0 => Ok(()),
        code => Err(End::Left(code)),
    }
}
