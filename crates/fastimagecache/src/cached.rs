//! Thumbnails from a cache: made once, then lent out without decoding, encoding or copying.

use fic_cache::{Cache, Entry, Form, Key, Made, Maker, Origin, Served, SourceId};
use fic_core::Budget;
use fic_trail::{Operation, Repeated, cache_look, metric};

use crate::canonical::{EPOCH, canonical};
use crate::pipeline;
use crate::policy::Isolation;
use crate::report::Report;
use crate::{Cancel, Error, Kind, Recipe, Thumbnailer, Upload};

/// A thumbnailer with a cache. `Send + Sync`; clones share the cache.
///
/// The caller says which source a picture is made from, so that a hit need not read it. Entries are found under
/// the policy that they were made under: what a strict policy would refuse is not served because a lenient one
/// made it. The labels of an upload (media type, file name) are not part of that: they say nothing about the picture, and
/// choose neither what is kept nor what is remembered. [`CachedThumbnailer::thumbnail_of`] judges them on every call, also
/// where the picture is in the cache; who names its sources and refuses wrong labels calls
/// [`Thumbnailer::check_labels`] before it asks, for a hit does not look at the upload.
///
/// ```
/// use fastimagecache::cache::{Cache, Config, Origin, SourceId};
/// use fastimagecache::{Error, Kind, Policy, Recipe, Stage, Thumbnailer};
///
/// # let folder = tempfile::tempdir()?;
/// # let root = folder.path().join("cache");
/// let cache = Cache::open(&root, Config::new(64 << 20))?;
/// let thumbnailer = Thumbnailer::new(Policy::untrusted()).with_cache(cache);
/// let source = SourceId::named("uploads", "garden.jpg, version 7");
/// for origin in [Origin::Made, Origin::Resident] {
///     let thumb = thumbnailer.thumbnail(source, &Recipe::within(64, 64), |making| {
///         // Only where it is not in the cache.
///         let upload = std::fs::read("../../corpus/samples/garden.jpg")
///             .map_err(|e| Error::new(Kind::Io, Stage::Sniff, "reading the upload failed").with_source(e))?;
///         making.upload(&upload)
///     })?;
///     assert_eq!(thumb.origin, origin);
///     assert!(thumb.entry.payload().starts_with(b"\xff\xd8\xff"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CachedThumbnailer {
    thumbnailer: Thumbnailer,
    cache: Cache,
    policy_digest: [u8; 16],
    cancel: Option<Cancel>,
}

/// A picture from the cache, or made for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cached {
    /// The picture: an encoded file, or rows of pixels.
    pub entry: Entry,
    /// Where it came from, and why it was not kept where it was not.
    pub origin: Origin,
    /// How it came about, where this call made it.
    pub report: Option<Report>,
}

/// The duty to make one picture from its upload.
#[derive(Debug)]
pub struct Making<'a> {
    thumbnailer: &'a Thumbnailer,
    recipe: &'a Recipe,
    form: Form,
    maker: Maker<'a>,
    report: &'a mut Option<Report>,
    told: &'a mut Told,
}

/// Whether whoever watches knows of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// The upload's own call told of it.
    ByTheUpload,
    /// It was not even tried: the cache remembers that the same failed, or it failed for another who waited too.
    NotTried,
    /// It was tried, and nobody told what came of it.
    NotYet,
    /// The upload was told of as accepted; what fails then fails between the picture and the cache.
    Accepted,
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Request<'a> {
    form: Form,
    source: SourceId,
    recipe: &'a Recipe,
}

impl Thumbnailer {
    /// The same with `cache` in front of it.
    pub fn with_cache(self, cache: Cache) -> CachedThumbnailer {
        // Where a picture is made does not change it.
        let policy = self.policy().clone().with_isolation(Isolation::Never);
        let digest = SourceId::named("policy", &policy.to_toml());
        let mut policy_digest = [0; 16];
        policy_digest.iter_mut().zip(digest.as_bytes()).for_each(|(place, byte)| *place = *byte);
        CachedThumbnailer { thumbnailer: self, cache, policy_digest, cancel: None }
    }
}

impl CachedThumbnailer {
    /// The cache: for its counts, and to remove what must go.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// The thumbnailer behind it.
    pub fn thumbnailer(&self) -> &Thumbnailer {
        &self.thumbnailer
    }

    /// The same for requests that `cancel` calls off, by [`CachedThumbnailer::thumbnail`] and
    /// [`CachedThumbnailer::pixels`]: also while they wait for another that makes the same picture.
    /// While this one makes it, that is up to the upload's own switch ([`Upload::with_cancel`]).
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> CachedThumbnailer {
        self.cancel = Some(cancel);
        self
    }

    /// The encoded thumbnail of `source`; where it is not in the cache, `make` has it made from the upload, once for
    /// everybody who asks meanwhile.
    ///
    /// # Errors
    /// As [`Thumbnailer::thumbnail`], and what `make` fails with. Trouble with the cache is not an error.
    pub fn thumbnail(
        &self,
        source: SourceId,
        recipe: &Recipe,
        make: impl FnOnce(Making<'_>) -> Result<Made, Error>,
    ) -> Result<Cached, Error> {
        self.get(Request { form: Form::Encoded, source, recipe }, self.cancel.as_ref(), None, make)
    }

    /// The same as rows of pixels: upright, sRGB, straight alpha, each row at a multiple of 64 bytes.
    ///
    /// # Errors
    /// As [`CachedThumbnailer::thumbnail`].
    pub fn pixels(
        &self,
        source: SourceId,
        recipe: &Recipe,
        make: impl FnOnce(Making<'_>) -> Result<Made, Error>,
    ) -> Result<Cached, Error> {
        self.get(Request { form: Form::Pixels, source, recipe }, self.cancel.as_ref(), None, make)
    }

    /// The encoded thumbnail of an upload that is at hand: its bytes say which source it is, which takes 0.8 ms a
    /// MiB. Its length and its labels are judged first, its switch is looked at while it waits too.
    ///
    /// # Errors
    /// As [`Thumbnailer::thumbnail`].
    pub fn thumbnail_of<'a>(&self, upload: impl Into<Upload<'a>>, recipe: &Recipe) -> Result<Cached, Error> {
        let upload = upload.into();
        let policy = self.thumbnailer.policy();
        let judged =
            pipeline::judge_length(policy, &upload).and_then(|()| pipeline::judge_labels(policy, &upload));
        judged.inspect_err(|error| {
            self.thumbnailer.call(Operation::Thumbnail, Some(&upload)).failed_before(error, Repeated::No);
        })?;
        let request = Request { form: Form::Encoded, source: SourceId::of_bytes(upload.bytes), recipe };
        self.get(request, Some(&upload.cancel), Some(&upload), |making| making.upload(upload.clone()))
    }

    /// The key under which the picture is kept.
    pub fn key(&self, form: Form, source: SourceId, recipe: &Recipe) -> Key {
        Key::new(form, EPOCH, source, &canonical(recipe, form, &self.policy_digest))
    }

    fn get(
        &self,
        request: Request<'_>,
        cancel: Option<&Cancel>,
        upload: Option<&Upload<'_>>,
        make: impl FnOnce(Making<'_>) -> Result<Made, Error>,
    ) -> Result<Cached, Error> {
        let Request { form, source, recipe } = request;
        let thumbnailer = &self.thumbnailer;
        let (mut report, mut told) = (None, Told::NotTried);
        let look = || {
            recipe.check(&thumbnailer.policy().limits)?;
            let make = |maker: Maker<'_>| {
                told = Told::NotYet;
                make(Making { thumbnailer, recipe, form, maker, report: &mut report, told: &mut told })
            };
            let key = self.key(form, source, recipe);
            match cancel {
                Some(cancel) => self.cache.get_or_insert_unless(cancel, &key, make),
                None => self.cache.get_or_insert_with(&key, make),
            }
        };
        let served = cache_look(look, |served| match served {
            Ok(served) => served.origin.name(),
            Err(_) => "failed",
        });
        match served {
            Ok(Served { entry, origin, .. }) => {
                if origin != Origin::Resident && metric::is_on() {
                    self.tell_level();
                }
                Ok(Cached { entry, origin, report })
            }
            Err(error) => {
                let call = thumbnailer.call(operation(form), upload);
                match told {
                    Told::ByTheUpload => {}
                    Told::NotTried if is_about_the_source(&error) => {
                        call.failed_before(&error, Repeated::Yes)
                    }
                    Told::NotTried | Told::NotYet => call.failed_before(&error, Repeated::No),
                    Told::Accepted => call.failed_after(&error),
                }
                Err(error)
            }
        }
    }

    /// Sets the gauges that say how full the cache is. That is done whenever a picture is made or read from disk; in a
    /// process that does neither for long call it before they are read.
    pub fn tell_level(&self) {
        let stats = self.cache.stats();
        let quota = self.cache.config().quota_bytes;
        metric::cache_level(stats.disk_entries, stats.disk_bytes, quota, stats.resident_bytes);
    }
}

/// Not so a recipe that cannot be met, or a request that was called off while it waited.
fn is_about_the_source(error: &Error) -> bool {
    !matches!(error.kind(), Kind::Cancelled | Kind::Misuse)
}

fn operation(form: Form) -> Operation {
    match form {
        Form::Encoded => Operation::Thumbnail,
        Form::Pixels => Operation::Pixels,
    }
}

impl Making<'_> {
    /// Makes the picture from `upload`, under the policy's limits. A label that is refused is refused to this request
    /// alone: it is not remembered, and who waits for the same source makes the picture.
    ///
    /// # Errors
    /// As [`Thumbnailer::thumbnail`].
    pub fn upload<'a>(self, upload: impl Into<Upload<'a>>) -> Result<Made, Error> {
        let upload = upload.into();
        let Making { thumbnailer, recipe, form, maker, report, told } = self;
        if let Err(error) = pipeline::judge_labels(thumbnailer.policy(), &upload) {
            *told = Told::ByTheUpload;
            thumbnailer.call(operation(form), Some(&upload)).failed_before(&error, Repeated::No);
            return Err(maker.only_this_request(error));
        }
        *told = Told::ByTheUpload;
        match form {
            Form::Encoded => {
                let thumb = thumbnailer.thumbnail(upload, recipe)?;
                *told = Told::Accepted;
                *report = Some(thumb.report);
                maker.encoded(thumb.width, thumb.height, thumb.format, thumb.bytes)
            }
            Form::Pixels => {
                let pixels = thumbnailer.pixels(upload, recipe)?;
                *told = Told::Accepted;
                *report = Some(pixels.report);
                maker.picture(&pixels.buffer, &Budget::new(&thumbnailer.policy().limits))
            }
        }
    }
}
