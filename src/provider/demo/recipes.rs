//! How the simulated fleet's images are built: a recipe for each family, so that whoever tries the cockpit can try a
//! rebuild. Nothing of it runs: `builds` plays what a builder would do.

use crate::plan::{Builder, Program, Recipe};

/// Families that stand on another, and on which.
const ON: [(&str, Option<&str>); 10] = [
    ("al2023-base", None),
    ("nginx-base", Some("al2023-base")),
    ("jvm-base", Some("al2023-base")),
    ("orders", Some("nginx-base")),
    ("checkout", Some("jvm-base")),
    ("search", Some("jvm-base")),
    ("payments", Some("jvm-base")),
    ("recommend", Some("nginx-base")),
    ("reports", Some("jvm-base")),
    ("web", Some("nginx-base")),
];

/// A recipe for each family of the simulated fleet.
pub fn recipes() -> Vec<Recipe> {
    ON.iter()
        .map(|(family, on)| {
            let variables = ["version={version}", "build_id={build}"];
            let parent = on.map(|_| "parent_image={parent}");
            let given = variables.into_iter().chain(parent).flat_map(|value| ["-var", value]);
            let template = format!("images/{family}.pkr.hcl");
            let spoken = ["build", "-machine-readable", "-color=false"].into_iter();
            let arguments = spoken.chain(given).map(str::to_owned).chain([template]).collect();
            let program = Program {
                program: "packer".into(),
                arguments,
                folder: None,
                environment: std::collections::BTreeMap::new(),
                aws_environment: false,
            };
            Recipe {
                family: (*family).to_owned(),
                on: on.map(str::to_owned),
                revision: None,
                builder: Builder::Packer(program),
                limit: Recipe::LIMIT,
            }
        })
        .collect()
}
