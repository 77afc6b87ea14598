//! What the sender called the file: a media type, a name. A label agrees, disagrees or claims nothing.

#![deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::as_conversions)]

use fic_core::Format;

/// Whether the declared content type fits `format`.
///
/// Case and parameters (`; charset=...`) do not matter, and the old and experimental names count:
/// `image/jpg`, `image/pjpeg`, `image/x-png`, `image/apng`. An empty type, `application/octet-stream`,
/// `binary/octet-stream` and the wildcards `*/*` and `image/*` claim nothing, so they fit.
///
/// ```
/// use fic_core::Format;
/// use fic_sniff::agrees_with_media_type;
///
/// assert!(agrees_with_media_type(Format::Jpeg, "IMAGE/JPG; q=1"));
/// assert!(!agrees_with_media_type(Format::Jpeg, "image/svg+xml"));
/// ```
pub fn agrees_with_media_type(format: Format, declared: &str) -> bool {
    const NO_CLAIM: &[&str] = &["", "application/octet-stream", "binary/octet-stream", "*/*", "image/*"];
    let essence = declared.split(';').next().unwrap_or_default().trim();
    let is_in = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(essence));
    is_in(NO_CLAIM) || is_in(media_types(format))
}

/// Whether a file name, or an extension alone, fits `format`.
///
/// Only what follows the last dot of the last path component counts, in any case; a trailing dot or space,
/// which Windows drops, is passed over. No dot: the text claims something only if it is itself an extension
/// of a format that is decoded (`png`); a name without an extension claims nothing, and neither do `bin`,
/// `dat`, `tmp`, `upload` and their like. Any other extension disagrees, known or not, and so does a name
/// with a NUL in it.
///
/// ```
/// use fic_core::Format;
/// use fic_sniff::agrees_with_extension;
///
/// assert!(agrees_with_extension(Format::Jpeg, "holiday.photo.JPEG"));
/// assert!(agrees_with_extension(Format::Jpeg, "avatar"));
/// assert!(!agrees_with_extension(Format::Jpeg, "avatar.php"));
/// assert!(!agrees_with_extension(Format::Jpeg, "png"));
/// ```
pub fn agrees_with_extension(format: Format, name_or_extension: &str) -> bool {
    const NO_CLAIM: &[&str] =
        &["", "bak", "bin", "blob", "dat", "data", "download", "part", "temp", "tmp", "upload"];
    if name_or_extension.contains('\0') {
        return false;
    }
    let name = name_or_extension.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.trim_end_matches(['.', ' ']);
    let is_in =
        |extension: &str, list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(extension));
    match name.rsplit_once('.') {
        Some((_, extension)) => is_in(extension, NO_CLAIM) || is_in(extension, extensions(format)),
        None => {
            is_in(name, extensions(format))
                || !Format::ALL.iter().any(|&other| is_in(name, extensions(other)))
        }
    }
}

const fn media_types(format: Format) -> &'static [&'static str] {
    match format {
        Format::Gif => &["image/gif", "image/x-gif"],
        Format::Jpeg => {
            &["image/jpeg", "image/jpg", "image/pjpeg", "image/x-jpeg", "image/x-jpg", "image/jfif"]
        }
        Format::Png => &["image/png", "image/x-png", "image/apng", "image/vnd.mozilla.apng"],
        Format::WebP => &["image/webp", "image/x-webp"],
    }
}

const fn extensions(format: Format) -> &'static [&'static str] {
    match format {
        Format::Gif => &["gif"],
        Format::Jpeg => &["jpg", "jpeg", "jpe", "jfif", "jif", "pjpeg", "pjp"],
        Format::Png => &["png", "apng"],
        Format::WebP => &["webp"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_agrees_with_its_own_names_and_with_no_other_format() {
        for format in Format::ALL {
            for other in Format::ALL {
                assert_eq!(agrees_with_media_type(format, other.media_type()), format == other);
                assert_eq!(agrees_with_extension(format, other.extension()), format == other);
                assert_eq!(
                    agrees_with_extension(format, &format!("a.{}", other.extension())),
                    format == other
                );
            }
        }
    }

    #[test]
    fn no_claim_agrees() {
        for declared in ["", " ", "application/octet-stream", "Application/Octet-Stream; x=y", "image/*"] {
            assert!(agrees_with_media_type(Format::Png, declared), "{declared}");
        }
        for name in ["", "photo", "dir.d/photo", "C:\\pictures.old\\photo", "upload.tmp", "photo."] {
            assert!(agrees_with_extension(Format::Png, name), "{name}");
        }
    }

    #[test]
    fn a_wrong_claim_disagrees() {
        for declared in ["text/html", "image/svg+xml", "image/png, image/png", "png", "image"] {
            assert!(!agrees_with_media_type(Format::Png, declared), "{declared}");
        }
        for name in ["a.png.php", "a.svg", "a.php\0.png", "a.phtml. ", "../a.jpg"] {
            assert!(!agrees_with_extension(Format::Png, name), "{name}");
        }
    }
}
