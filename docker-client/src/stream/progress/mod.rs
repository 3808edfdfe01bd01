//! The progress of pulls, pushes, builds and loads, and since API 1.56 of prunes.

#[cfg(feature = "indicatif")]
mod bars;
mod report;

use docker_api::operations::{
    ImageBuild, ImageCreate, ImageLoad, ImagePush, PluginPull, PluginPush, PluginUpgrade,
};
use docker_api::{Error, JsonStream, Request};

use crate::sealed::Sealed;

pub use self::report::{Progress, ProgressDetail};

/// A stream of reports of the progress of an operation.
///
/// An error that the engine reports is [`Error::InStream`], with its code if it has one. Dropping the stream cancels
/// the request, and the engine cancels the operation.
pub type ProgressStream = JsonStream<Progress>;

/// Follows the progress of an operation.
///
/// This trait is sealed: it cannot be implemented outside this crate.
pub trait ProgressExt: Sized + Sealed {
    /// Sends the request and returns the reports as they arrive. The operation has finished when the stream ends.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Request::stream`] if the engine refuses the request. Later errors are returned by the
    /// stream, and so is [`Error::Truncated`] if the response is empty.
    ///
    /// # Cancellation
    ///
    /// Dropping the future or the stream cancels the operation.
    fn progress(self) -> impl Future<Output = Result<ProgressStream, Error>> + Send;

    /// Sends the request and waits until the operation has finished.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`progress`](Self::progress), and the first error that the engine reports.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the operation.
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

    /// Waits as [`finish`](Self::finish) does, and shows the progress on standard error, with a line for each layer.
    /// Nothing is shown if standard error is not a terminal.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`finish`](Self::finish).
    ///
    /// # Cancellation
    ///
    /// Dropping the future cancels the operation.
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

/// The result of an operation that reports progress.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finished {
    /// The ID of the image that was built.
    pub image_id: Option<String>,
    /// The digest of the image that was pushed or pulled, or of the last one if there were several.
    pub digest: Option<String>,
    /// The status at the end of a pull, such as `Downloaded newer image for busybox:1`.
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
    ($($operation:ty $(: $switch:ident)?),*) => {
        $(impl Sealed for $operation {}

        impl ProgressExt for $operation {
            fn progress(self) -> impl Future<Output = Result<ProgressStream, Error>> + Send {
                open(self $(.$switch(true))? .into())
            }
        })*
    };
}

progress!(ImageBuild, ImageCreate, ImageLoad, ImagePush, PluginPull, PluginPush, PluginUpgrade);

// A prune reports each deletion only if that is requested. The last report has what it deleted in `aux`.
docker_api::since!(1.56, {
    use docker_api::operations::{
        BuildPrune, ContainerPrune, ImagePrune, NetworkPrune, VolumePrune,
    };

    progress!(
        BuildPrune: stream,
        ContainerPrune: stream,
        ImagePrune: stream,
        NetworkPrune: stream,
        VolumePrune: stream
    );
});

async fn open(request: Request) -> Result<ProgressStream, Error> {
    let target = request.target();
    let body = request.stream().await?.into_inner();
    Ok(JsonStream::new(target, body).reporting_errors().expecting_values())
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
