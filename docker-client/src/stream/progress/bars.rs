//! Shows progress on a terminal.

use std::collections::HashMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::report::Progress;

/// A line for each layer. Messages that are about no layer are printed above the lines.
#[derive(Default)]
pub(super) struct Bars {
    lines: MultiProgress,
    layers: HashMap<String, ProgressBar>,
}

impl Bars {
    pub(super) fn show(&mut self, report: &Progress) {
        if let Some(output) = &report.stream {
            self.print(output.trim_end());
        }
        let Some(status) = &report.status else { return };
        let Some(id) = &report.id else { return self.print(status) };
        let bar = self.layers.entry(id.clone()).or_insert_with(|| {
            self.lines.add(ProgressBar::no_length().with_prefix(id.clone()).with_style(style("")))
        });
        bar.set_message(status.clone());
        let sizes = report.detail.as_ref().and_then(|detail| detail.current.zip(detail.total));
        let sizes = sizes.and_then(|(current, total)| {
            Some((u64::try_from(current).ok()?, u64::try_from(total).ok().filter(|all| *all > 0)?))
        });
        match sizes {
            Some((current, total)) => {
                bar.set_style(style(" [{bar:30}] {decimal_bytes}/{decimal_total_bytes}"));
                bar.set_length(total);
                bar.set_position(current);
            }
            None => bar.set_style(style("")),
        }
        bar.tick();
    }

    fn print(&self, line: &str) {
        if !line.is_empty() {
            // The operation continues even if the terminal is gone.
            let _ = self.lines.println(line);
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        for bar in self.layers.values() {
            bar.abandon();
        }
    }
}

fn style(tail: &str) -> ProgressStyle {
    ProgressStyle::with_template(&format!("{{prefix}}: {{msg}}{tail}"))
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::*;

    #[test]
    fn each_layer_has_a_line() {
        let terminal = InMemoryTerm::new(10, 80);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(terminal.clone()), 255);
        let mut bars = Bars::default();
        bars.lines.set_draw_target(target);
        for text in [
            r#"{"status":"Pulling from team/app","id":"1"}"#,
            r#"{"status":"Downloading","id":"aa","progressDetail":{"current":1,"total":2000000}}"#,
            r#"{"status":"Waiting","id":"bb","progressDetail":{}}"#,
            r#"{"stream":"Step 1/2 : FROM busybox\n"}"#,
            r#"{"status":"Downloading","id":"aa","progressDetail":{"current":1000000,"total":2000000}}"#,
            r#"{"status":"Pull complete","id":"bb"}"#,
            r#"{"status":"Digest: sha256:0f"}"#,
        ] {
            std::thread::sleep(std::time::Duration::from_millis(20));
            bars.show(&serde_json::from_str(text).unwrap());
        }
        drop(bars);
        let shown = terminal.contents();
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "Step 1/2 : FROM busybox",
                "Digest: sha256:0f",
                "1: Pulling from team/app",
                "aa: Downloading [===============>              ] 1.00 MB/2.00 MB",
                "bb: Pull complete",
            ]
        );
    }
}
