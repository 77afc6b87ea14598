//! Thumbnails from a cache: made once, then lent out without decoding, encoding or copying.

use fic_cache::{Cache, Entry, Form, Key, Made, Maker, Origin, SourceId};
use fic_core::Budget;

use crate::canonical::{EPOCH, canonical};
use crate::guard::guarded;
use crate::pipeline;
use crate::report::Report;
use crate::{Error, Policy, Recipe, Scratch, Thumbnailer, Upload};

/// A thumbnailer with a cache. `Send + Sync`; clones share the cache.
///
/// The caller says which source a picture is made from, so that a hit need not read it. Entries are found under
/// the policy that they were made under: what a strict policy would refuse is not served because a lenient one
/// made it. The labels of an upload (media type, file name) are not part of that.
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
    policy: &'a Policy,
    scratch: &'a Scratch,
    recipe: &'a Recipe,
    form: Form,
    maker: Maker<'a>,
    report: &'a mut Option<Report>,
}

impl Thumbnailer {
    /// The same with `cache` in front of it.
    pub fn with_cache(self, cache: Cache) -> CachedThumbnailer {
        let digest = SourceId::named("policy", &self.policy().to_toml());
        let mut policy_digest = [0; 16];
        policy_digest.iter_mut().zip(digest.as_bytes()).for_each(|(place, byte)| *place = *byte);
        CachedThumbnailer { thumbnailer: self, cache, policy_digest }
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
        self.get(Form::Encoded, source, recipe, make)
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
        self.get(Form::Pixels, source, recipe, make)
    }

    /// The encoded thumbnail of an upload that is at hand: its bytes say which source it is, which takes 0.8 ms a
    /// MiB.
    ///
    /// # Errors
    /// As [`Thumbnailer::thumbnail`].
    pub fn thumbnail_of<'a>(&self, upload: impl Into<Upload<'a>>, recipe: &Recipe) -> Result<Cached, Error> {
        let upload = upload.into();
        self.thumbnail(SourceId::of_bytes(upload.bytes), recipe, |making| making.upload(upload))
    }

    /// The key under which the picture is kept.
    pub fn key(&self, form: Form, source: SourceId, recipe: &Recipe) -> Key {
        Key::new(form, EPOCH, source, &canonical(recipe, form, &self.policy_digest))
    }

    fn get(
        &self,
        form: Form,
        source: SourceId,
        recipe: &Recipe,
        make: impl FnOnce(Making<'_>) -> Result<Made, Error>,
    ) -> Result<Cached, Error> {
        let policy = self.thumbnailer.policy();
        recipe.check(&policy.limits)?;
        let mut report = None;
        let key = self.key(form, source, recipe);
        let served = self.cache.get_or_insert_with(&key, |maker| {
            let scratch = self.thumbnailer.scratch();
            make(Making { policy, scratch, recipe, form, maker, report: &mut report })
        })?;
        Ok(Cached { entry: served.entry, origin: served.origin, report })
    }
}

impl Making<'_> {
    /// Makes the picture from `upload`, under the policy's limits.
    ///
    /// # Errors
    /// As [`Thumbnailer::thumbnail`].
    pub fn upload<'a>(self, upload: impl Into<Upload<'a>>) -> Result<Made, Error> {
        let upload = upload.into();
        match self.form {
            Form::Encoded => {
                let thumb = guarded(|| pipeline::thumbnail(self.policy, self.scratch, &upload, self.recipe))?;
                *self.report = Some(thumb.report);
                self.maker.encoded(thumb.width, thumb.height, thumb.format, thumb.bytes)
            }
            Form::Pixels => {
                let pixels = guarded(|| pipeline::pixels(self.policy, self.scratch, &upload, self.recipe))?;
                *self.report = Some(pixels.report);
                self.maker.picture(&pixels.buffer, &Budget::new(&self.policy.limits))
            }
        }
    }
}
