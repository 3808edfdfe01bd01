//! How pulls, pushes, builds and loads get on.

#[cfg(feature = "indicatif")]
mod bars;
mod report;

use docker_api::operations::{
    ImageBuild, ImageCreate, ImageLoad, ImagePush, PluginPull, PluginPush, PluginUpgrade,
};
use docker_api::{Error, JsonStream, Request};

use crate::sealed::Sealed;

pub use self::report::{Progress, ProgressDetail};

/// Reports of an operation as it gets on.
///
/// An error among them is [`Error::InStream`], with the code where the engine sends one. Dropping the stream ends the
/// request, and with it what the engine does, unless that is as good as done.
pub type ProgressStream = JsonStream<Progress>;

/// Follows an operation that reports how it gets on.
pub trait ProgressExt: Sized + Sealed {
    /// Sends the request, and returns the reports as they come. The operation is done when the stream ends.
    ///
    /// # Errors
    ///
    /// Those of [`Request::stream`]: what is refused at once. What goes wrong later is an error in the stream.
    fn progress(self) -> impl Future<Output = Result<ProgressStream, Error>> + Send;

    /// Sends the request, and returns when the operation is done. Dropping the future ends the operation.
    ///
    /// # Errors
    ///
    /// Those of [`progress`](Self::progress), and the first error that is reported.
    fn finish(self) -> impl Future<Output = Result<Finished, Error>> + Send
    where
        Self: Send,
    {
        async {
            let mut progress = self.progress().await?;
            let mut finished = Finished::default();
            while let Some(report) = progress.next().await {
                finished.note(&report?);
            }
            Ok(finished)
        }
    }

    /// As [`finish`](Self::finish), and shows on the terminal how it gets on, a line for each layer, as `docker pull` does.
    /// Where standard error is no terminal it shows nothing.
    ///
    /// # Errors
    ///
    /// As for [`finish`](Self::finish).
    #[cfg(feature = "indicatif")]
    fn show(self) -> impl Future<Output = Result<Finished, Error>> + Send
    where
        Self: Send,
    {
        async {
            let mut progress = self.progress().await?;
            let mut finished = Finished::default();
            let mut bars = bars::Bars::default();
            while let Some(report) = progress.next().await {
                let report = report?;
                bars.show(&report);
                finished.note(&report);
            }
            Ok(finished)
        }
    }
}

/// What an operation that reported how it got on has led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finished {
    /// The id of the image that was built.
    pub image_id: Option<String>,
    /// The digest of the image that was pushed or pulled; of the last one if there were several.
    pub digest: Option<String>,
    /// What a pull reports at its end: `Downloaded newer image for busybox:1`, `Image is up to date for busybox:1`.
    pub status: Option<String>,
}

impl Finished {
    fn note(&mut self, report: &Progress) {
        tracing::debug!(id = report.id, status = report.status, "progress");
        self.image_id = report.image_id().map(str::to_owned).or(self.image_id.take());
        self.digest = report.digest().map(str::to_owned).or(self.digest.take());
        let status = report.status.as_deref().and_then(|status| status.strip_prefix("Status: "));
        self.status = status.map(str::to_owned).or(self.status.take());
    }
}

macro_rules! progress {
    ($($operation:ty),*) => {
        $(impl Sealed for $operation {}

        impl ProgressExt for $operation {
            fn progress(self) -> impl Future<Output = Result<ProgressStream, Error>> + Send {
                open(self.into())
            }
        })*
    };
}

progress!(ImageBuild, ImageCreate, ImageLoad, ImagePush, PluginPull, PluginPush, PluginUpgrade);

async fn open(request: Request) -> Result<ProgressStream, Error> {
    let target = request.target();
    let body = request.stream().await?.into_inner();
    Ok(JsonStream::new(target, body).reporting_errors())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e5e7a9b26e0ac8b9b1b3a2a5f0a3b3c3f3a7a0c6e9b1d2f4a6c8e0f2a4c6e8f0";

    fn finished(reports: &[&str]) -> Finished {
        let mut finished = Finished::default();
        for report in reports {
            finished.note(&serde_json::from_str(&report.replace("DIGEST", DIGEST)).unwrap());
        }
        finished
    }

    #[test]
    fn the_digest_is_found_where_engines_report_it() {
        let digest = Some(DIGEST.to_owned());
        // dockerd 20.10 and 28.5 with overlay2.
        let push = [
            r#"{"status":"1.0: digest: DIGEST size: 528"}"#,
            r#"{"progressDetail":{},"aux":{"Tag":"1.0","Digest":"DIGEST","Size":528}}"#,
        ];
        assert_eq!(finished(&push).digest, digest);
        // Docker 29, and 28.5 with the image store of containerd.
        assert_eq!(finished(&push[..1]).digest, digest);
        let pull = [
            r#"{"status":"Pulling from library/busybox","id":"latest"}"#,
            r#"{"status":"Digest: DIGEST"}"#,
            r#"{"status":"Status: Downloaded newer image for busybox:latest"}"#,
        ];
        let pulled = finished(&pull);
        assert_eq!(pulled.digest, digest);
        assert_eq!(pulled.status.as_deref(), Some("Downloaded newer image for busybox:latest"));
        for other in [r#"{"status":"Digest: none"}"#, r#"{"aux":{"ID":"DIGEST"}}"#, "{}"] {
            assert_eq!(finished(&[other]).digest, None, "{other}");
        }
    }
}
