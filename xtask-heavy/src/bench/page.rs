//! The page docs/performance.md, from the figures.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::Value;

const OURS: &str = "docker-client";
const THEIRS: &str = "bollard";
/// hyper with pooled connections.
const POOLED: &str = "hyper";
/// hyper that is driven as docker-client drives it.
const DIRECT: &str = "hyper without tasks";
/// The beginning of the cases that were measured with everything on one processor.
const ALONE: &str = "alone/";
/// The stream whose one item is larger than what a stream may hold back.
const LARGE_VALUE: &str = "unix/value-4m";
const MIB: f64 = 1024.0 * 1024.0;

/// Returns whether everything on the page was measured, except for what a quick run leaves out.
pub(super) fn check(figures: &Value) -> Result<()> {
    let figures = Figures(figures);
    figures.speeds()?;
    figures.heap()?;
    figures.generation(&mut String::new())
}

/// The whole page.
pub(super) fn page(figures: &Value) -> Result<String> {
    let figures = Figures(figures);
    let mut page = String::from(INTRODUCTION);
    figures.machine(&mut page)?;
    figures.goals(&mut page)?;
    figures.requests(&mut page)?;
    figures.streams(&mut page)?;
    figures.memory(&mut page)?;
    figures.builds(&mut page)?;
    figures.generation(&mut page)?;
    Ok(page)
}

const INTRODUCTION: &str = "\
# Performance

Written by `cargo xtask bench`; no figure is entered by hand. docker-client and bollard perform the same operations on the
same fake engine, as their users would write them, alternating in one run. Their results are compared before anything is
measured. Three more clients show lower bounds, and do not decode the responses: hyper with pooled connections (a task
drives each connection), hyper whose connections are driven by the task that reads (\"direct\"), and one blocking socket,
which shows the cost of the fake engine. The processor time of the fake engine is in the last column of the requests.

**A ratio is the time of a client divided by that of docker-client: above 1, docker-client is faster.** It is the median of
the ratios of all rounds of a case. In each round, all clients are measured one after the other.

";

struct Figures<'a>(&'a Value);

/// A goal and the measured value.
struct Goal {
    what: &'static str,
    goal: &'static str,
    found: String,
    reached: bool,
}

impl Figures<'_> {
    fn cases(&self) -> Result<&Vec<Value>> {
        self.0["timings"].as_array().context("no timings")
    }

    fn case(&self, id: &str) -> Result<&Value> {
        let mut cases = self.cases()?.iter();
        cases.find(|case| case["case"] == id).with_context(|| format!("{id} was not measured"))
    }

    fn ratio(&self, id: &str, client: &str) -> Result<f64> {
        let ratio = self.case(id)?["clients"][client]["ratio"].as_f64();
        ratio.with_context(|| format!("{id}: nothing of {client}"))
    }

    /// The lowest and the highest ratio of some cases.
    fn span(&self, ids: &[&str], client: &str) -> Result<(f64, f64)> {
        let ratios = ids.iter().map(|id| self.ratio(id, client)).collect::<Result<Vec<_>>>()?;
        let low = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        Ok((low, ratios.iter().copied().fold(0.0, f64::max)))
    }

    fn build(&self, client: &str, path: &str) -> Result<f64> {
        let figure = self.0["builds"][client].pointer(path).and_then(Value::as_f64);
        figure.with_context(|| format!("no {path} of the build on {client}"))
    }

    /// The highest peak of docker-client in the cases of memory that are wanted, in bytes, and its case.
    fn peak(&self, wanted: impl Fn(&str) -> bool) -> Result<(f64, &str)> {
        let cases = self.0["memory"].as_array().context("no memory")?;
        let peaks = cases.iter().filter_map(|case| {
            Some((case["clients"][OURS]["heap"].as_f64()?, case["case"].as_str()?))
        });
        let wanted = peaks.filter(|(_, name)| wanted(name));
        wanted.max_by(|one, other| one.0.total_cmp(&other.0)).context("no memory")
    }

    /// The goal for memory. The peak of a value that is larger than the buffer of a stream is shown separately.
    fn heap(&self) -> Result<Goal> {
        let (streams, worst) = self.peak(|name| name != LARGE_VALUE)?;
        let (value, _) = self.peak(|name| name == LARGE_VALUE)?;
        let (streams, value) = (streams / MIB, value / MIB);
        Ok(Goal {
            what: "memory above idle, the worst stream",
            goal: "under 1 MiB",
            found: format!("{streams:.2} MiB ({worst}); for one value of 4 MiB {value:.1} MiB"),
            reached: streams < 1.0,
        })
    }

    fn machine(&self, page: &mut String) -> Result<()> {
        let machine = &self.0["machine"];
        let text = |key: &str| machine[key].as_str().unwrap_or("unknown").to_owned();
        writeln!(
            page,
            "Measured on {} at {}: {} processors ({}), {}, {}. bollard {}, hyper {}, tokio {}.\n",
            text("date"),
            text("commit"),
            machine["processors"],
            text("processor"),
            text("system"),
            text("rustc"),
            text("bollard"),
            text("hyper"),
            text("tokio"),
        )?;
        Ok(())
    }

    /// The goals for time.
    fn speeds(&self) -> Result<Vec<Goal>> {
        let small =
            ["ping", "ping/1", "ping/8", "ping/64", "list-1", "list-1/1", "list-1/8", "list-1/64"];
        let unix = small.map(|name| format!("unix/{name}"));
        let tls = small.map(|name| format!("tls/{name}"));
        let text = |ids: &[String]| -> String { ids.join(" ") };
        let alone = ["ping", "ping/1", "version", "inspect", "list-1"];
        let [unix_alone, tls_alone] =
            ["unix", "tls"].map(|by| text(&alone.map(|name| format!("{ALONE}{by}/{name}"))));
        let pings_alone = format!("{ALONE}unix/ping {ALONE}unix/ping/1");
        let (unix, tls, pings) = (text(&unix), text(&tls), text(&unix[..4]));
        let table = [
            ("small requests, unix socket, against bollard", "2", &*unix, THEIRS, 2.0),
            ("the same, one at a time on one processor", "2", &unix_alone, THEIRS, 2.0),
            ("pings, against pooled hyper", "0.83", &pings, POOLED, 1.0 / 1.2),
            ("the same, one at a time on one processor", "0.83", &pings_alone, POOLED, 1.0 / 1.2),
            ("small requests, mutual TLS, against bollard", "10", &tls, THEIRS, 10.0),
            ("the same, one at a time on one processor", "10", &tls_alone, THEIRS, 10.0),
            ("logs in frames of 100 bytes, against bollard", "2", "unix/logs-100", THEIRS, 2.0),
            ("logs in frames of 16 KiB, against bollard", "1", "unix/logs-16k", THEIRS, 1.0),
            (
                "the same, against pooled hyper, which discards it",
                "0.9",
                "unix/logs-16k",
                POOLED,
                0.9,
            ),
            ("the same, against direct hyper", "0.9", "unix/logs-16k", DIRECT, 0.9),
            ("a line of 16 MiB, against bollard", "100", "unix/line-16m", THEIRS, 100.0),
            ("a JSON value of 4 MiB, against bollard", "20", LARGE_VALUE, THEIRS, 20.0),
            ("a list of 5,000 containers, against bollard", "1", "unix/list-5000", THEIRS, 1.0),
        ];
        let goal = |(what, goal, ids, client, limit): (_, _, &str, _, f64)| {
            let ids: Vec<&str> = ids.split(' ').collect();
            let (low, high) = self.span(&ids, client)?;
            let found = match ids.len() {
                1 => format!("{low:.2}"),
                _ => format!("{low:.2} to {high:.2}"),
            };
            Ok(Goal { what, goal, found, reached: low >= limit })
        };
        table.into_iter().map(goal).collect()
    }

    /// The goals for builds.
    fn sizes(&self) -> Result<Vec<Goal>> {
        let compared = |what, figure: &str, unit: &str, scale: f64| -> Result<Goal> {
            let (ours, theirs) = (self.build(OURS, figure)?, self.build(THEIRS, figure)?);
            let found = format!("{:.1} and {:.1} {unit}", ours / scale, theirs / scale);
            Ok(Goal { what, goal: "at most bollard's", found, reached: ours <= theirs })
        };
        let crates = self.build(OURS, "/crates")?;
        Ok(vec![
            compared("clean build of a program, wall time", "/clean/wall", "s", 1.0)?,
            compared("clean build of a program, processor time", "/clean/cpu", "s", 1.0)?,
            Goal {
                what: "dependencies of a program, default features",
                goal: "at most 75",
                found: format!("{crates}"),
                reached: crates <= 75.0,
            },
            compared("the program, --release and stripped", "/size", "MiB", MIB)?,
        ])
    }

    fn goals(&self, page: &mut String) -> Result<()> {
        let seconds = |what, goal, key: &str, limit: f64| -> Result<Goal> {
            let found = self.0["generation"][key].as_f64().context("no generation")?;
            Ok(Goal { what, goal, found: format!("{found:.2} s"), reached: found < limit })
        };
        let mut goals = self.speeds()?;
        goals.push(self.heap()?);
        goals.extend(self.sizes()?);
        goals.push(seconds("generating one version, the slowest", "under 1 s", "one", 1.0)?);
        goals.push(seconds("generating all versions", "under 5 s", "all", 5.0)?);
        page.push_str("## Goals\n\n| what | goal | measured | reached |\n|---|---|---|---|\n");
        for Goal { what, goal, found, reached } in goals {
            let reached = if reached { "yes" } else { "**no**" };
            writeln!(page, "| {what} | {goal} | {found} | {reached} |")?;
        }
        page.push('\n');
        Ok(())
    }

    fn requests(&self, page: &mut String) -> Result<()> {
        page.push_str(
            "## Requests\n\nThe number after the name is the number of tasks that send requests concurrently; without a number, the main \
             task sends one request after the other. The time of a long list is mostly that of decoding it; compare the \
             clients that do not decode. The last four columns are processor time: of docker-client, the ratios of \
             bollard and hyper to it, and of the fake engine.\n\n",
        );
        self.request_table(page, |name| !name.starts_with(ALONE))?;
        page.push_str(
            "If only one request is sent at a time, client and engine wait for each other, and most of the time above is \
             spent on waking an idle processor. That time depends on which processor the system selects, which differs \
             between the clients. The same measurements with everything on one processor show the cost of the clients \
             alone:\n\n",
        );
        self.request_table(page, |name| name.starts_with(ALONE))
    }

    fn request_table(&self, page: &mut String, wanted: impl Fn(&str) -> bool) -> Result<()> {
        page.push_str(
            "| case | docker-client | bollard | hyper | direct | socket | processor | bollard | hyper | engine |\n\
             |---|---|---|---|---|---|---|---|---|---|\n",
        );
        let requests = self.cases()?.iter().filter(|case| case["bytes"] == 0 && !is_stream(case));
        for case in requests.filter(|case| wanted(name(case))) {
            let ours = &case["clients"][OURS];
            let figure = |key: &str| ours[key].as_f64().map(time).context("no time");
            writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} |",
                name(case).trim_start_matches(ALONE),
                figure("wall")?,
                ratios(case, "ratio", &[THEIRS, POOLED, DIRECT, "socket"]),
                figure("cpu")?,
                ratios(case, "cpu_ratio", &[THEIRS, POOLED]),
                figure("engine")?
            )?;
        }
        page.push('\n');
        Ok(())
    }

    fn streams(&self, page: &mut String) -> Result<()> {
        page.push_str(
            "## Streams\n\nLogs are sent in chunks of one frame each, as by an engine, or packed, as by a proxy. The last two columns \
             are the time until the first item of the stream is received.\n\n\
             | case | docker-client | bollard | hyper | direct | socket | first, docker-client | first, bollard |\n\
             |---|---|---|---|---|---|---|---|\n",
        );
        for case in self.cases()?.iter().filter(|case| case["bytes"] != 0 || is_stream(case)) {
            let wall = case["clients"][OURS]["wall"].as_f64().context("no time")?;
            let bytes = case["bytes"].as_f64().unwrap_or_default();
            let mut took = time(wall);
            if bytes > 0.0 {
                write!(took, ", {:.0} MiB/s", bytes / MIB / (wall / 1e9))?;
            }
            let first = |client: &str| {
                case["clients"][client]["first"].as_f64().map_or_else(String::new, time)
            };
            writeln!(
                page,
                "| {} | {took} | {} | {} | {} |",
                name(case),
                ratios(case, "ratio", &[THEIRS, POOLED, DIRECT, "socket"]),
                first(OURS),
                first(THEIRS)
            )?;
        }
        page.push('\n');
        Ok(())
    }

    fn memory(&self, page: &mut String) -> Result<()> {
        page.push_str(
            "## Memory\n\nThe peak of the allocated memory, minus that of an idle client. Each case runs in a separate process. The \
             peak of value-4m consists of the string of one value, which exists twice while its buffer grows and while it \
             is decoded.\n\n| case | docker-client | bollard | hyper |\n|---|---|---|---|\n",
        );
        for case in self.0["memory"].as_array().context("no memory")? {
            let peak = |client: &str| {
                let heap = case["clients"][client]["heap"].as_f64();
                heap.map_or_else(String::new, |bytes| format!("{:.0} KiB", bytes / 1024.0))
            };
            writeln!(
                page,
                "| {} | {} | {} | {} |",
                name(case),
                peak(OURS),
                peak(THEIRS),
                peak(POOLED)
            )?;
        }
        page.push('\n');
        Ok(())
    }

    fn builds(&self, page: &mut String) -> Result<()> {
        page.push_str(
            "## Builds\n\nA program that runs `echo hello world` in a container and prints its output, with the default features of \
             each client. All dependencies were downloaded before.\n\n| | docker-client | bollard |\n|---|---|---|\n",
        );
        for (what, figure, scale, unit) in [
            ("crates compiled", "/crates", 1.0, ""),
            ("clean build", "/clean/wall", 1.0, " s"),
            ("its processor time", "/clean/cpu", 1.0, " s"),
            ("its largest process", "/clean/peak", MIB, " MiB"),
            ("after a change in the program", "/again/wall", 1.0, " s"),
            ("clean build with --release", "/release/wall", 1.0, " s"),
            ("its processor time", "/release/cpu", 1.0, " s"),
            ("the program, stripped", "/size", 1024.0, " KiB"),
        ] {
            let places = usize::from(unit == " s");
            let shown = |client| -> Result<String> {
                Ok(format!("{:.places$}{unit}", self.build(client, figure)? / scale))
            };
            writeln!(page, "| {what} | {} | {} |", shown(OURS)?, shown(THEIRS)?)?;
        }
        page.push('\n');
        Ok(())
    }

    fn generation(&self, page: &mut String) -> Result<()> {
        let generation = &self.0["generation"];
        let seconds = |key: &str| generation[key].as_f64().context("no generation");
        writeln!(
            page,
            "## Generating\n\nThe time of `cargo xtask generate --out`, built with `--release`: {:.2} s for the slowest \
             version, and {:.2} s with `--all` for all {} versions.",
            seconds("one")?,
            seconds("all")?,
            generation["versions"]
        )?;
        Ok(())
    }
}

/// Returns whether the case is a stream. Streams of values have no number of bytes.
fn is_stream(case: &Value) -> bool {
    let name = name(case);
    ["events", "pull", "value", "load", "build"].iter().any(|stream| name.contains(stream))
}

fn name(case: &Value) -> &str {
    case["case"].as_str().unwrap_or_default()
}

/// A ratio of each of these clients, as cells.
fn ratios(case: &Value, which: &str, clients: &[&str]) -> String {
    let cell = |client: &&str| {
        let ratio = case["clients"][client][which].as_f64();
        ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"))
    };
    clients.iter().map(cell).collect::<Vec<_>>().join(" | ")
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        short if short < 1e6 => format!("{:.1} µs", short / 1e3),
        middle if middle < 1e9 => format!("{:.1} ms", middle / 1e6),
        long => format!("{:.2} s", long / 1e9),
    }
}
