//! Which steps a run consists of.

/// A step of a run; the order of the variants is the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// `cargo fmt --check`.
    Formatting,
    /// The generated files that take seconds to check are what their commands would write.
    GeneratedFiles,
    /// `cargo clippy`, without a warning.
    Lints,
    /// Licences, sources and minimum Rust versions of dependencies.
    Dependencies,
    /// Installs the browser that tests of a page run in.
    Browser,
    /// Compiles all tests.
    BuildTests,
    /// Starts the engines, or finds out why there are none.
    Engines,
    /// `cargo test`.
    Tests,
    /// Calls every operation on engines of its own.
    Operations,
    /// The documentation of the published crates, as docs.rs builds it.
    Documentation,
    /// The published crates from their packages, with each feature alone and all together.
    Packages,
    /// The names of all types and fields, for which all versions are generated.
    Names,
    /// Every API version compiles.
    Versions,
    /// The recorded responses of real engines.
    Recordings,
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Tests with a certain name.
    Filtered,
    /// While one works on a change.
    Fast,
    /// Before a change is merged.
    All,
}

/// The steps of a run, in their order.
pub(super) fn steps(scope: Scope) -> &'static [Step] {
    use Step::*;
    match scope {
        Scope::Filtered => &[BuildTests, Engines, Tests],
        Scope::Fast => {
            &[Formatting, GeneratedFiles, Lints, Dependencies, BuildTests, Engines, Tests]
        }
        Scope::All => &[
            Formatting,
            GeneratedFiles,
            Lints,
            Dependencies,
            Browser,
            BuildTests,
            Engines,
            Tests,
            Operations,
            Documentation,
            Packages,
            Names,
            Versions,
            Recordings,
        ],
    }
}

impl Step {
    /// The name that is printed.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Formatting => "formatting",
            Self::GeneratedFiles => "generated files",
            Self::Lints => "lints",
            Self::Dependencies => "dependencies",
            Self::Browser => "browser",
            Self::BuildTests => "building tests",
            Self::Engines => "engines",
            Self::Tests => "tests",
            Self::Operations => "every operation",
            Self::Documentation => "documentation",
            Self::Packages => "packages and features",
            Self::Names => "names",
            Self::Versions => "every API version",
            Self::Recordings => "recorded responses",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_run_leaves_out_what_compiles_anew_or_needs_private_engines() {
        let left_out: Vec<Step> = steps(Scope::All)
            .iter()
            .copied()
            .filter(|step| !steps(Scope::Fast).contains(step))
            .collect();
        use Step::*;
        assert_eq!(
            left_out,
            [Browser, Operations, Documentation, Packages, Names, Versions, Recordings]
        );
    }

    #[test]
    fn a_filter_runs_tests_and_no_other_check() {
        assert_eq!(steps(Scope::Filtered), [Step::BuildTests, Step::Engines, Step::Tests]);
    }

    #[test]
    fn shorter_runs_keep_the_order_of_the_whole_one() {
        let position = |step: &Step| steps(Scope::All).iter().position(|other| other == step);
        for scope in [Scope::Filtered, Scope::Fast] {
            assert!(steps(scope).is_sorted_by_key(position), "{scope:?}");
            assert!(steps(scope).iter().all(|step| position(step).is_some()), "{scope:?}");
        }
    }
}
