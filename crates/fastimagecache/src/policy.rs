//! What is accepted: the limits, and what to do about files that are well-formed but suspicious.

use fic_core::{Format, Kind, Limits, Stage, Truncated};
use serde::{Deserialize, Serialize};

use crate::Error;

/// What to do about a finding: tell, or refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Response {
    /// Refuse the upload.
    Refuse,
    /// Make the picture and report the finding.
    Report,
}

/// Which uploads are worked on in a confined process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// All.
    Always,
    /// None.
    #[default]
    Never,
    /// Those in which the outline noticed what ordinary cameras and programs do not write: every finding but
    /// `animation`, `embedded_picture` and `metadata`.
    WhenSuspicious,
}

/// Which decoder reads PNG.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PngBackend {
    /// Our own, row by row over an inflater: exact on everything measured, the least memory and time.
    #[default]
    Png,
    /// The `zune-png` crate, whole pictures: a second opinion. What it gets wrong is `Unsupported`.
    Zune,
}

/// Which decoder reads WebP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WebPBackend {
    /// Our own, row by row: to the bit what libwebp makes, the least memory and time.
    #[default]
    #[serde(rename = "own")]
    Own,
    /// The `image-webp` crate, whole pictures at full size: a second opinion, of which pictures that end early have no
    /// rows. What it is known to get wrong, and can be told before it is decoded, is `Unsupported`; deadline and
    /// cancelling are looked at between frames. Needs the feature `image-webp`, in workers too.
    #[cfg(feature = "image-webp")]
    #[serde(rename = "image-webp")]
    ImageWebP,
}

impl WebPBackend {
    fn is_default(&self) -> bool {
        *self == WebPBackend::default()
    }
}

/// Everything that decides whether an upload becomes a picture. `Default` is [`Policy::untrusted`].
///
/// ```
/// use fastimagecache::{Policy, Response};
///
/// let policy = Policy::from_toml("preset = 'strict_avatar'\n[limits]\nmax_pixels = 1_000_000")?;
/// assert_eq!(policy.polyglots, Response::Refuse);
/// assert_eq!(policy.limits.max_pixels, 1_000_000);
/// assert_eq!(Policy::from_toml(&policy.to_toml())?, policy);
/// # Ok::<(), fastimagecache::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// Pictures whose data ends early: an error, or the rows so far and a finding.
    #[serde(with = "truncated")]
    pub truncated: Truncated,
    /// Files that are a picture and something else too. Re-encoding removes the something else.
    pub polyglots: Response,
    /// Files whose declared media type or extension says something else than their bytes.
    pub mismatches: Response,
    /// The formats that are accepted at all.
    pub formats: Vec<Format>,
    /// Which decoder reads PNG.
    pub png_backend: PngBackend,
    /// Which decoder reads WebP.
    // Left out where it is the default: the digest of a policy in the cache's keys stays what it was before there was
    // another.
    #[serde(default, skip_serializing_if = "WebPBackend::is_default")]
    pub webp_backend: WebPBackend,
    /// Which uploads are worked on in a confined process. Other values than `never` need
    /// `fastimagecache::isolate::Isolated` (feature `isolate`, Linux): anything else answers `Isolation`.
    pub isolation: Isolation,
    /// The upper bounds on cost.
    pub limits: Limits,
}

impl Policy {
    /// Uploads from strangers: all four formats, polyglots and wrong labels are reported.
    pub fn untrusted() -> Policy {
        Policy {
            truncated: Truncated::Reject,
            polyglots: Response::Report,
            mismatches: Response::Report,
            formats: Format::ALL.to_vec(),
            png_backend: PngBackend::Png,
            webp_backend: WebPBackend::Own,
            isolation: Isolation::Never,
            limits: Limits::untrusted(),
        }
    }

    /// Avatars and icons: small limits; polyglots and wrong labels are refused.
    pub fn strict_avatar() -> Policy {
        Policy {
            polyglots: Response::Refuse,
            mismatches: Response::Refuse,
            limits: Limits::strict_avatar(),
            ..Policy::untrusted()
        }
    }

    /// Your own archive: large limits, and what is left of truncated pictures.
    pub fn trusted() -> Policy {
        Policy { truncated: Truncated::Accept, limits: Limits::trusted(), ..Policy::untrusted() }
    }

    /// The preset of that name: `untrusted`, `strict_avatar` or `trusted`.
    pub fn preset(name: &str) -> Option<Policy> {
        match name {
            "untrusted" => Some(Policy::untrusted()),
            "strict_avatar" => Some(Policy::strict_avatar()),
            "trusted" => Some(Policy::trusted()),
            _ => None,
        }
    }

    /// The same policy with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Policy {
        self.limits = limits;
        self
    }

    /// The same policy with another answer to truncated pictures.
    #[must_use]
    pub fn with_truncated(mut self, truncated: Truncated) -> Policy {
        self.truncated = truncated;
        self
    }

    /// The same policy with another answer to polyglots.
    #[must_use]
    pub fn with_polyglots(mut self, polyglots: Response) -> Policy {
        self.polyglots = polyglots;
        self
    }

    /// The same policy with another answer to wrong labels.
    #[must_use]
    pub fn with_mismatches(mut self, mismatches: Response) -> Policy {
        self.mismatches = mismatches;
        self
    }

    /// The same policy with only these formats.
    #[must_use]
    pub fn with_formats(mut self, formats: impl IntoIterator<Item = Format>) -> Policy {
        self.formats = formats.into_iter().collect();
        self
    }

    /// The same policy with another decoder for PNG.
    #[must_use]
    pub fn with_png_backend(mut self, png_backend: PngBackend) -> Policy {
        self.png_backend = png_backend;
        self
    }

    /// The same policy with another decoder for WebP.
    #[must_use]
    pub fn with_webp_backend(mut self, webp_backend: WebPBackend) -> Policy {
        self.webp_backend = webp_backend;
        self
    }

    /// The same policy with other uploads in a confined process.
    #[must_use]
    pub fn with_isolation(mut self, isolation: Isolation) -> Policy {
        self.isolation = isolation;
        self
    }

    /// Reads a policy: `preset` names the base (`untrusted` where it is missing), every other key overrides. For a
    /// limit that is none write 9223372036854775807, the largest number of TOML.
    ///
    /// # Errors
    /// `Misuse` for text that is not TOML, an unknown key or preset, a value of the wrong type, or a number that does
    /// not fit; the source says which and where.
    pub fn from_toml(text: &str) -> Result<Policy, Error> {
        let misuse = |what| Error::new(Kind::Misuse, Stage::Admit, what);
        let mut overrides: toml::Table =
            text.parse().map_err(|e: toml::de::Error| misuse("the policy is not TOML").with_source(e))?;
        let base = match overrides.remove("preset") {
            None => Policy::untrusted(),
            Some(name) => name
                .as_str()
                .and_then(Policy::preset)
                .ok_or_else(|| misuse("preset is none of untrusted, strict_avatar and trusted"))?,
        };
        let mut table = toml::Table::try_from(&base).map_err(|e| misuse("the preset").with_source(e))?;
        for (key, value) in overrides {
            match (table.get_mut(&key), value) {
                (Some(toml::Value::Table(inner)), toml::Value::Table(changes)) => inner.extend(changes),
                (_, value) => {
                    table.insert(key, value);
                }
            }
        }
        table.try_into().map_err(|e: toml::de::Error| {
            misuse("the policy has an unknown key or a wrong value").with_source(e)
        })
    }

    /// Every key with its value, as [`Policy::from_toml`] reads it back, but `webp_backend` where it is `own`; it refuses a limit beyond the largest number
    /// of TOML, which is written all the same.
    pub fn to_toml(&self) -> String {
        // Integers and words: there is nothing that could fail to be written.
        toml::to_string_pretty(self).unwrap_or_default()
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy::untrusted()
    }
}

/// `Truncated` as a word; the type itself lives below serde's reach on purpose.
mod truncated {
    use fic_core::Truncated;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &Truncated, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(match value {
            Truncated::Accept => "accept",
            Truncated::Reject => "reject",
        })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Truncated, D::Error> {
        match String::deserialize(from)?.as_str() {
            "accept" => Ok(Truncated::Accept),
            "reject" => Ok(Truncated::Reject),
            _ => Err(D::Error::custom("expected `accept` or `reject`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_survives_the_way_through_toml() {
        for name in ["untrusted", "strict_avatar", "trusted"] {
            let policy = Policy::preset(name).unwrap();
            assert_eq!(Policy::from_toml(&policy.to_toml()).unwrap(), policy, "{name}");
        }
    }

    #[test]
    fn refuses_keys_that_nobody_knows_and_says_which() {
        for text in ["max_pixels = 1", "[limits]\nmax_pixel = 1", "preset = 'lenient'", "limits = 3", "{"] {
            let err = Policy::from_toml(text).unwrap_err();
            assert_eq!(err.kind(), Kind::Misuse, "{text}");
        }
        let err = Policy::from_toml("[limits]\nmax_pixel = 1").unwrap_err();
        assert!(std::error::Error::source(&err).unwrap().to_string().contains("max_pixel"));
    }

    #[test]
    fn the_largest_number_of_toml_survives_the_way_and_larger_ones_are_refused() {
        let with = |number| {
            Policy::trusted().with_limits(
                Limits::trusted()
                    .with_max_pixels(number)
                    .with_max_wall(std::time::Duration::from_millis(number)),
            )
        };
        let largest = with(i64::MAX as u64);
        assert_eq!(Policy::from_toml(&largest.to_toml()).unwrap(), largest);
        for number in [1 << 63, u64::MAX] {
            assert_eq!(Policy::from_toml(&with(number).to_toml()).unwrap_err().kind(), Kind::Misuse);
        }
        assert_ne!(
            with(u64::MAX).to_toml(),
            with(1 << 63).to_toml(),
            "they have keys of their own in a cache"
        );
    }

    #[test]
    fn refuses_numbers_that_do_not_fit() {
        for text in [
            "max_pixels = -1",
            "max_pixels = 9223372036854775808",
            "max_pixels = 18446744073709551616",
            "max_pixels = '18446744073709551616'",
            "max_pixels = 340282366920938463463374607431768211456",
            "max_pixels = 1.5",
            "max_pixels = 1e30",
            "max_pixels = inf",
            "max_pixels = '-1'",
            "max_pixels = ' 1'",
            "max_width = 4294967296",
            "max_width = -1",
            "max_wall_ms = -1",
            "max_wall_ms = 18446744073709551616",
        ] {
            let err = Policy::from_toml(&format!("[limits]\n{text}")).unwrap_err();
            assert_eq!(err.kind(), Kind::Misuse, "{text}");
        }
    }

    #[test]
    fn our_own_decoder_of_webp_may_be_named_and_another_only_with_its_feature() {
        let policy = Policy::from_toml("webp_backend = 'own'").unwrap();
        assert_eq!(policy, Policy::default());
        assert!(!policy.to_toml().contains("webp_backend"));
        let other = Policy::from_toml("webp_backend = 'image-webp'");
        #[cfg(feature = "image-webp")]
        {
            let other = other.unwrap();
            assert_eq!(other, Policy::default().with_webp_backend(WebPBackend::ImageWebP));
            assert_eq!(Policy::from_toml(&other.to_toml()).unwrap(), other);
        }
        #[cfg(not(feature = "image-webp"))]
        assert_eq!(other.unwrap_err().kind(), Kind::Misuse);
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(Policy::from_toml("").unwrap(), Policy::default());
    }
}
