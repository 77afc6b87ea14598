//! The front door: one value that is made once and answers many threads.

use fic_trail::offenders::Offenders;
use fic_trail::{Call, Operation, Repeated, Subject};

use crate::pipeline;
use crate::place;
use crate::report::{Pixels, Thumbnail};
use crate::{Error, Inspection, Policy, Recipe, Scratch, Upload};

/// Makes thumbnails under one policy. `Send + Sync`: share it, or call it from `spawn_blocking`.
///
/// ```
/// use fastimagecache::{Policy, Recipe, Thumbnailer};
///
/// let upload = std::fs::read("../../corpus/samples/garden.jpg")?;
/// let thumbnailer = Thumbnailer::new(Policy::untrusted());
/// let thumb = thumbnailer.thumbnail(&upload, &Recipe::within(64, 64))?;
/// assert!(thumb.width <= 64 && thumb.height <= 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Thumbnailer {
    policy: Policy,
    scratch: Scratch,
    offenders: Option<Offenders>,
    #[cfg(feature = "isolate")]
    pub(crate) workers: Option<crate::isolate::Workers>,
}

/// What a thumbnailer keeps between calls where nothing else is said.
const SCRATCH_BYTES: u64 = 16 << 20;

impl Default for Thumbnailer {
    fn default() -> Thumbnailer {
        Thumbnailer::new(Policy::default())
    }
}

impl Thumbnailer {
    /// A thumbnailer under `policy`. It keeps up to 16 MiB of buffers between calls, which its clones share.
    pub fn new(policy: Policy) -> Thumbnailer {
        Thumbnailer {
            policy,
            scratch: Scratch::new(SCRATCH_BYTES),
            offenders: None,
            #[cfg(feature = "isolate")]
            workers: None,
        }
    }

    /// Keeps its buffers in `scratch` between calls: one that other thumbnailers share, or one that keeps more, or
    /// nothing.
    #[must_use]
    pub fn with_scratch(mut self, scratch: Scratch) -> Thumbnailer {
        self.scratch = scratch;
        self
    }

    /// Where it keeps its buffers between calls.
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Counts there whose uploads are refused, by [`Upload::with_source`].
    ///
    /// ```
    /// use fastimagecache::trail::offenders::{Offenders, Rules};
    /// use fastimagecache::{Policy, Recipe, Thumbnailer, Upload};
    ///
    /// let offenders = Offenders::new(Rules::default());
    /// let thumbnailer = Thumbnailer::new(Policy::untrusted()).with_offenders(offenders.clone());
    /// let upload = Upload::new(b"<svg/>").with_source("tenant-42");
    /// assert!(thumbnailer.thumbnail(upload, &Recipe::within(64, 64)).is_err());
    /// assert!(offenders.score("tenant-42") > 4.9);
    /// ```
    #[must_use]
    pub fn with_offenders(mut self, offenders: Offenders) -> Thumbnailer {
        self.offenders = Some(offenders);
        self
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// From an upload to an encoded thumbnail: upright, sRGB, pixels only.
    ///
    /// # Errors
    /// `Misuse` for a recipe that no picture can meet; `Refused` and `Unsupported` by what the bytes are;
    /// `Malformed` where pixels are missing or in doubt; `Limit`, `Deadline`, `Cancelled` by what it would
    /// cost; `Upstream` where a decoder underneath failed: report that to us; `Isolation` where the policy asks for a
    /// worker, and there is none or it gave no answer.
    pub fn thumbnail<'a>(&self, upload: impl Into<Upload<'a>>, recipe: &Recipe) -> Result<Thumbnail, Error> {
        let upload = upload.into();
        self.call(Operation::Thumbnail, Some(&upload))
            .run(|watched| place::thumbnail(self, &upload, recipe, watched), |thumb| thumb.report.summary())
    }

    /// From an upload to pixels: upright, sRGB, at the recipe's size; its output form is ignored.
    ///
    /// ```
    /// use fastimagecache::{Policy, PixelLayout, Recipe, Thumbnailer};
    ///
    /// let upload = std::fs::read("../../corpus/samples/garden.jpg")?;
    /// let pixels = Thumbnailer::new(Policy::untrusted()).pixels(&upload, &Recipe::cover(32, 32))?;
    /// assert_eq!(pixels.buffer.layout(), PixelLayout::Rgb);
    /// assert_eq!(pixels.buffer.as_bytes().len(), 32 * 32 * 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Thumbnailer::thumbnail`].
    pub fn pixels<'a>(&self, upload: impl Into<Upload<'a>>, recipe: &Recipe) -> Result<Pixels, Error> {
        let upload = upload.into();
        self.call(Operation::Pixels, Some(&upload))
            .run(|watched| place::pixels(self, &upload, recipe, watched), |pixels| pixels.report.summary())
    }

    /// Judges the labels of an upload alone (media type, file name), as [`Thumbnailer::thumbnail`] does: for who has
    /// the picture already, from a cache. The first dozen bytes of the file are enough. An upload without labels
    /// passes, and so do bytes that are no picture: what they deserve is not a matter of labels.
    ///
    /// ```
    /// use fastimagecache::{Policy, Thumbnailer, Upload};
    ///
    /// let head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01";
    /// let upload = Upload::new(head).with_file_name("garden.png");
    /// assert!(Thumbnailer::new(Policy::untrusted()).check_labels(upload.clone()).is_ok());
    /// assert!(Thumbnailer::new(Policy::strict_avatar()).check_labels(upload).is_err());
    /// ```
    ///
    /// # Errors
    /// `Refused` where the policy refuses wrong labels and one is wrong.
    pub fn check_labels<'a>(&self, upload: impl Into<Upload<'a>>) -> Result<(), Error> {
        let upload = upload.into();
        // What is at hand may be the head of a file alone: no digest is made of that.
        pipeline::judge_labels(&self.policy, &upload)
            .inspect_err(|error| self.tell_unread(error, upload.source))
    }

    /// What the upload is, without decoding a pixel: linear in its length.
    ///
    /// ```
    /// use fastimagecache::{Format, Policy, Thumbnailer};
    ///
    /// let upload = std::fs::read("../../corpus/samples/garden.jpg")?;
    /// let inspection = Thumbnailer::new(Policy::untrusted()).inspect(&upload)?;
    /// assert_eq!(inspection.header.format, Format::Jpeg);
    /// assert!(inspection.refusal.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Refused`, `Unsupported`, `Malformed`, `Limit` where not even an outline can be drawn. What admission
    /// would say of a picture with an outline is in [`Inspection::refusal`].
    pub fn inspect<'a>(&self, upload: impl Into<Upload<'a>>) -> Result<Inspection, Error> {
        let upload = upload.into();
        let call = self.call(Operation::Inspect, Some(&upload));
        let inspection = call.run(|watched| place::inspect(self, &upload, watched), Inspection::summary)?;
        // Who asks first and then lets it be has refused it all the same.
        if let Some(refusal) = &inspection.refusal {
            call.failed_after(refusal);
        }
        Ok(inspection)
    }

    /// Tells of an upload by `source` that could not even be read: one that
    /// [`read_upload`](crate::read_upload) refused, or whose storage failed. The calls tell of all others themselves.
    pub fn tell_unread(&self, error: &Error, source: Option<&str>) {
        let subject = Subject { source, ..Subject::default() };
        let call = Call::new(Operation::Thumbnail, subject).with_offenders(self.offenders.as_ref());
        call.failed_before(error, Repeated::No);
    }

    /// The call as it is watched.
    pub(crate) fn call<'a>(&'a self, operation: Operation, upload: Option<&Upload<'a>>) -> Call<'a> {
        let subject = Subject {
            upload: upload.map(|upload| upload.bytes),
            source: upload.and_then(|upload| upload.source),
            digest_at_most: self.policy.limits.max_input_bytes,
        };
        Call::new(operation, subject).with_offenders(self.offenders.as_ref())
    }
}
