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
    figures.aims(&mut page)?;
    figures.requests(&mut page)?;
    figures.streams(&mut page)?;
    figures.memory(&mut page)?;
    figures.builds(&mut page)?;
    figures.generation(&mut page)?;
    Ok(page)
}

const INTRODUCTION: &str = "\
# Performance

Written by `cargo xtask bench`; no figure is put in by hand. docker-client and bollard do the same work on the same
fake engine, as their users would write it, in one run and by turns, and what they return is compared first. Three more
sides show what there is to be had, and decode nothing: hyper with pooled connections (each driven by a task of its
own), hyper whose connections are driven by the task that reads (\"direct\"), and one blocking socket, which shows what the
fake engine costs as well; its processor time is a column of the requests.

**A ratio says how many times as long as docker-client a side takes: above 1, docker-client is faster.** It is the median
over the rounds of a case, each of which compares turns that follow one another.

";

struct Figures<'a>(&'a Value);

/// An aim and the measured value.
struct Aim {
    what: &'static str,
    aim: &'static str,
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

    fn ratio(&self, id: &str, side: &str) -> Result<f64> {
        let ratio = self.case(id)?["sides"][side]["ratio"].as_f64();
        ratio.with_context(|| format!("{id}: nothing of {side}"))
    }

    /// The lowest and the highest ratio of some cases.
    fn span(&self, ids: &[&str], side: &str) -> Result<(f64, f64)> {
        let ratios = ids.iter().map(|id| self.ratio(id, side)).collect::<Result<Vec<_>>>()?;
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
            Some((case["sides"][OURS]["heap"].as_f64()?, case["case"].as_str()?))
        });
        let wanted = peaks.filter(|(_, name)| wanted(name));
        wanted.max_by(|one, other| one.0.total_cmp(&other.0)).context("no memory")
    }

    /// The aim for memory. The peak of a value that is larger than the buffer of a stream is shown separately.
    fn heap(&self) -> Result<Aim> {
        let (streams, worst) = self.peak(|name| name != LARGE_VALUE)?;
        let (value, _) = self.peak(|name| name == LARGE_VALUE)?;
        let (streams, value) = (streams / MIB, value / MIB);
        Ok(Aim {
            what: "memory above idle, the worst stream",
            aim: "under 1 MiB",
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

    /// The aims for time.
    fn speeds(&self) -> Result<Vec<Aim>> {
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
            (
                "pings, against pooled hyper",
                "0.83: within 1.2 times its time",
                &pings,
                POOLED,
                1.0 / 1.2,
            ),
            ("the same, one at a time on one processor", "0.83", &pings_alone, POOLED, 1.0 / 1.2),
            ("small requests, mutual TLS, against bollard", "10", &tls, THEIRS, 10.0),
            ("the same, one at a time on one processor", "10", &tls_alone, THEIRS, 10.0),
            ("logs in frames of 100 bytes, against bollard", "2", "unix/logs-100", THEIRS, 2.0),
            ("logs in frames of 16 KiB, against bollard", "1", "unix/logs-16k", THEIRS, 1.0),
            (
                "the same, against pooled hyper that throws it away",
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
        let aim = |(what, aim, ids, side, limit): (_, _, &str, _, f64)| {
            let ids: Vec<&str> = ids.split(' ').collect();
            let (low, high) = self.span(&ids, side)?;
            let found = match ids.len() {
                1 => format!("{low:.2}"),
                _ => format!("{low:.2} to {high:.2}"),
            };
            Ok(Aim { what, aim, found, reached: low >= limit })
        };
        table.into_iter().map(aim).collect()
    }

    /// The aims for builds.
    fn sizes(&self) -> Result<Vec<Aim>> {
        let compared = |what, figure: &str, unit: &str, scale: f64| -> Result<Aim> {
            let (ours, theirs) = (self.build(OURS, figure)?, self.build(THEIRS, figure)?);
            let found = format!("{:.1} and {:.1} {unit}", ours / scale, theirs / scale);
            Ok(Aim { what, aim: "at most bollard's", found, reached: ours <= theirs })
        };
        let crates = self.build(OURS, "/crates")?;
        Ok(vec![
            compared("clean build of a program, wall", "/clean/wall", "s", 1.0)?,
            compared("clean build of a program, processor time", "/clean/cpu", "s", 1.0)?,
            Aim {
                what: "crates below a program, default features",
                aim: "at most 75",
                found: format!("{crates}"),
                reached: crates <= 75.0,
            },
            compared("the program, --release and stripped", "/size", "MiB", MIB)?,
        ])
    }

    fn aims(&self, page: &mut String) -> Result<()> {
        let seconds = |what, aim, key: &str, limit: f64| -> Result<Aim> {
            let found = self.0["generation"][key].as_f64().context("no generation")?;
            Ok(Aim { what, aim, found: format!("{found:.2} s"), reached: found < limit })
        };
        let mut aims = self.speeds()?;
        aims.push(self.heap()?);
        aims.extend(self.sizes()?);
        aims.push(seconds("generating one version, the slowest", "under 1 s", "one", 1.0)?);
        aims.push(seconds("generating all versions", "under 5 s", "all", 5.0)?);
        page.push_str("## Aims\n\n| what | aim | found | reached |\n|---|---|---|---|\n");
        for Aim { what, aim, found, reached } in aims {
            let reached = if reached { "yes" } else { "**no**" };
            writeln!(page, "| {what} | {aim} | {found} | {reached} |")?;
        }
        page.push('\n');
        Ok(())
    }

    fn requests(&self, page: &mut String) -> Result<()> {
        page.push_str(
            "## Requests\n\nThe number after the name is that of the tasks; without one the main task does one after the \
             other. Of a long list, decoding it into types is nearly all that takes time: compare the sides that do not \
             decode. The last four columns are processor time: docker-client's, the ratios of the others to it, and the \
             fake engine's own.\n\n",
        );
        self.request_table(page, |name| !name.starts_with(ALONE))?;
        page.push_str(
            "Where one request waits for the other, most of the time above is spent on waking a processor that sleeps, by \
             client and engine in turn, and it depends on the processor that the system wakes for them, which differs \
             from side to side. The same with everything on one processor shows what the clients do themselves:\n\n",
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
            let ours = &case["sides"][OURS];
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
            "## Streams\n\nLogs come in chunks of one frame each, as an engine sends them, or packed, as through a proxy. \
             The time to the first piece is in the last two columns.\n\n\
             | case | docker-client | bollard | hyper | direct | socket | first, docker-client | first, bollard |\n\
             |---|---|---|---|---|---|---|---|\n",
        );
        for case in self.cases()?.iter().filter(|case| case["bytes"] != 0 || is_stream(case)) {
            let wall = case["sides"][OURS]["wall"].as_f64().context("no time")?;
            let bytes = case["bytes"].as_f64().unwrap_or_default();
            let mut took = time(wall);
            if bytes > 0.0 {
                write!(took, ", {:.0} MiB/s", bytes / MIB / (wall / 1e9))?;
            }
            let first =
                |side: &str| case["sides"][side]["first"].as_f64().map_or_else(String::new, time);
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
            "## Memory\n\nThe peak above an idle client, of what was asked from the allocator; each in a process of its \
             own. Of value-4m it is the text of the one value, counted twice while its buffer grows, or beside what is \
             decoded from it.\n\n| case | docker-client | bollard | hyper |\n|---|---|---|---|\n",
        );
        for case in self.0["memory"].as_array().context("no memory")? {
            let peak = |side: &str| {
                let heap = case["sides"][side]["heap"].as_f64();
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
            "## Builds\n\nA program that runs `echo hello world` in a container and prints what it says, on the default \
             features of either client, everything downloaded.\n\n| | docker-client | bollard |\n|---|---|---|\n",
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
            "## Generating\n\n`cargo xtask generate --out` of a build with `--release`, from call to end: {:.2} s for the slowest \
             version; with `--all`, {:.2} s for {}.",
            seconds("one")?,
            seconds("all")?,
            generation["versions"]
        )?;
        Ok(())
    }
}

/// Whether it is one of the streams, whose work has no count of bytes either where it yields values.
fn is_stream(case: &Value) -> bool {
    let name = name(case);
    ["events", "pull", "value", "load", "build"].iter().any(|stream| name.contains(stream))
}

fn name(case: &Value) -> &str {
    case["case"].as_str().unwrap_or_default()
}

/// A ratio of each of these sides, as cells.
fn ratios(case: &Value, which: &str, sides: &[&str]) -> String {
    let cell = |side: &&str| {
        let ratio = case["sides"][side][which].as_f64();
        ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"))
    };
    sides.iter().map(cell).collect::<Vec<_>>().join(" | ")
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        short if short < 1e6 => format!("{:.1} µs", short / 1e3),
        middle if middle < 1e9 => format!("{:.1} ms", middle / 1e6),
        long => format!("{:.2} s", long / 1e9),
    }
}
