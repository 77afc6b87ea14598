//! The foreign files and polyglots, one function for each row of the list in THREATS.md.
//!
//! The carriers of the polyglots are pictures of a few pixels, written byte by byte here, so that they stay
//! apart from the builders that lie.

use fic_core::{FindingKind, Limit};

use crate::bytes::gif::{GifBytes, Image};
use crate::samples::{Expect, Sample};

const POLYGLOT: Expect = Expect::Accept(&[FindingKind::Polyglot]);
const POLYGLOT_BEHIND: Expect = Expect::Accept(&[FindingKind::Polyglot, FindingKind::TrailingBytes]);

/// All of them.
pub fn all() -> Vec<Sample> {
    let rows = [s01(), s02(), s03(), s04(), s05(), s06(), s07(), s08(), s09(), s10()];
    rows.into_iter().flatten().collect()
}

/// GIF and JavaScript.
fn s01() -> Vec<Sample> {
    const CODE: &[u8] = b"*/=1;alert(document.domain)/*";
    let gif =
        |name, what, expect, build: fn() -> Vec<u8>| Sample::new("S01", name, "gif", what, expect, build);
    vec![
        gif(
            "s01_gif_comment_script",
            "GIF89a/*: the width opens a comment of JavaScript, a comment block closes it and runs code",
            POLYGLOT,
            || {
                let width = u16::from_le_bytes(*b"/*");
                let dot = Image::new(1, 1).pixels(&[0]);
                GifBytes::new(width, 1).global_table(&[[9; 3]; 2]).comment(CODE).image(dot).trailer().finish()
            },
        ),
        gif(
            "s01_gif_assignment_script",
            "GIF89a=1;/*: the size assigns to a variable; 152 megapixels",
            Expect::Limit(Limit::MaxPixels),
            || {
                let (width, height) = (u16::from_le_bytes(*b"=1"), u16::from_le_bytes(*b";/"));
                let dot = Image::new(1, 1).pixels(&[0]);
                GifBytes::new(width, height)
                    .global_table(&[[9; 3]; 2])
                    .comment(CODE)
                    .image(dot)
                    .trailer()
                    .finish()
            },
        ),
        gif(
            "s01_script_with_gif_signature",
            "JavaScript that begins with GIF89a=1;/* and has nothing else of a GIF",
            Expect::Malformed,
            || b"GIF89a=1;/* hello */alert(document.domain);".to_vec(),
        ),
    ]
}

/// JPEG with code in a comment, and the same in other carriers.
fn s02() -> Vec<Sample> {
    const PHP: &[u8] = b"<?php system($_GET['c']); ?>";
    let mut samples: Vec<Sample> = [
        ("php", "PHP code in a JPEG comment", PHP),
        ("php_short", "the short form of PHP in a JPEG comment", b"<?=`$_GET[0]`?>"),
        ("phar", "the stub of a PHP archive in a JPEG comment", b"<?php __HALT_COMPILER(); ?>\r\n"),
        ("html", "an HTML page in a JPEG comment", b"<html><body onload=alert(1)></body></html>"),
        ("script", "a script element in a JPEG comment, in mixed case", b"<ScRiPt>alert(1)</sCrIpT>"),
        ("svg", "an SVG document in a JPEG comment", b"<svg onload=alert(document.domain)></svg>"),
    ]
    .map(|(name, what, comment)| {
        Sample::new("S02", format!("s02_jpeg_{name}"), "jpg", what, POLYGLOT, move || {
            jpeg(&[(0xfe, comment)], b"")
        })
    })
    .into();
    samples.push(Sample::new(
        "S02",
        "s02_jpeg_comment_script",
        "js",
        "a JFIF header of 12,074 bytes: its length opens a comment of JavaScript",
        POLYGLOT,
        || {
            let mut header = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0*/=alert(1);/*".to_vec();
            header.resize(usize::from(u16::from_be_bytes(*b"/*")) - 2, b' ');
            let mut bytes = jpeg(&[], b"");
            bytes.splice(2..20, segment(0xe0, &header));
            bytes
        },
    ));
    samples.push(Sample::new("S02", "s02_gif_php", "gif", "PHP code in a GIF comment", POLYGLOT, || {
        GifBytes::one_pixel().comment(PHP).trailer().finish()
    }));
    samples.push(Sample::new("S02", "s02_png_php", "png", "PHP code in a PNG text chunk", POLYGLOT, || {
        png(&[&b"Comment\0"[..], PHP].concat())
    }));
    samples
}

/// Pictures with an archive behind them.
fn s03() -> Vec<Sample> {
    vec![
        Sample::new("S03", "s03_png_zip", "png", "a ZIP archive behind a PNG", POLYGLOT_BEHIND, || {
            [png(b"Comment\0plain"), zip()].concat()
        }),
        Sample::new("S03", "s03_jpeg_zip", "jpg", "a ZIP archive behind a JPEG", POLYGLOT_BEHIND, || {
            jpeg(&[], &zip())
        }),
        Sample::new(
            "S03",
            "s03_gif_zip",
            "gif",
            "a ZIP archive (a JAR) behind a GIF",
            POLYGLOT_BEHIND,
            || GifBytes::one_pixel().trailer().raw(&zip()).finish(),
        ),
        Sample::new(
            "S03",
            "s03_jpeg_zip_in_comment",
            "jpg",
            "a ZIP archive in a JPEG comment: its directory is in the reach of every unpacker",
            POLYGLOT,
            || jpeg(&[(0xfe, &zip())], b""),
        ),
    ]
}

/// PDF within the first 1,024 bytes.
fn s04() -> Vec<Sample> {
    const PDF: &[u8] =
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n";
    vec![
        Sample::new("S04", "s04_jpeg_pdf", "jpg", "a PDF document in a JPEG comment", POLYGLOT, || {
            jpeg(&[(0xfe, PDF)], b"")
        }),
        Sample::new("S04", "s04_gif_pdf", "gif", "a PDF document in a GIF comment", POLYGLOT, || {
            GifBytes::one_pixel().comment(PDF).trailer().finish()
        }),
        Sample::new("S04", "s04_png_pdf", "png", "a PDF document in a PNG text chunk", POLYGLOT, || {
            png(&[&b"Comment\0"[..], PDF].concat())
        }),
        Sample::new(
            "S04",
            "s04_late_pdf",
            "png",
            "a PDF header behind 900 bytes of junk",
            Expect::Refused,
            || [&[b'.'; 900][..], PDF].concat(),
        ),
        Sample::new("S04", "s04_pdf", "jpg", "a PDF document under an image name", Expect::Refused, || {
            PDF.to_vec()
        }),
    ]
}

/// RIFF of another kind.
fn s05() -> Vec<Sample> {
    [("wave", b"WAVEfmt "), ("avi", b"AVI LIST"), ("cursor", b"ACONanih"), ("almost", b"WEBQVP8 ")]
        .map(|(name, kind)| {
            Sample::new(
                "S05",
                format!("s05_riff_{name}"),
                "webp",
                "a RIFF file of another kind under the name of a WebP",
                Expect::Refused,
                move || [b"RIFF\x24\0\0\0", &kind[..], &[0; 28]].concat(),
            )
        })
        .into()
}

/// SVG under the name of a PNG.
fn s06() -> Vec<Sample> {
    const HREF: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">\
        <image xlink:href=\"http://169.254.169.254/latest/meta-data/\" width=\"9\" height=\"9\"/></svg>";
    const ENTITY: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE svg [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n\
        <svg xmlns=\"http://www.w3.org/2000/svg\"><text>&x;</text></svg>";
    const BOMB: &str = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">\
        <!ENTITY c \"&b;&b;&b;&b;\">]><svg xmlns=\"http://www.w3.org/2000/svg\"><text>&c;</text></svg>";
    let svg =
        |name, what, build: fn() -> Vec<u8>| Sample::new("S06", name, "png", what, Expect::Refused, build);
    vec![
        svg("s06_svg_internal_address", "an SVG that fetches a picture from an internal address", || {
            HREF.into()
        }),
        svg("s06_svg_external_entity", "an SVG with an external entity that reads a local file", || {
            ENTITY.into()
        }),
        svg("s06_svg_entity_bomb", "an SVG with entities that multiply", || BOMB.into()),
        svg("s06_svg_byte_order_mark", "an SVG behind a byte order mark and white space", || {
            format!("\u{feff}\r\n\t {HREF}").into()
        }),
        svg("s06_svg_behind_comment", "an SVG behind comments and a processing instruction", || {
            format!("<!-- {} --><?x y?><!-- - -->\n{HREF}", "a picture ".repeat(40)).into()
        }),
        svg("s06_svg_far_behind_comment", "an SVG behind a comment of 100 KB", || {
            format!("<!--{}-->{HREF}", " ".repeat(100_000)).into()
        }),
        svg("s06_svg_prefixed", "an SVG whose root element has a namespace prefix", || {
            "<s:svg xmlns:s=\"http://www.w3.org/2000/svg\"><s:script>alert(1)</s:script></s:svg>".into()
        }),
        svg("s06_svg_utf16_le", "an SVG in UTF-16, little-endian, with a byte order mark", || {
            format!("\u{feff}{HREF}").encode_utf16().flat_map(u16::to_le_bytes).collect()
        }),
        svg("s06_svg_utf16_be", "an SVG in UTF-16, big-endian, with a byte order mark", || {
            format!("\u{feff}{HREF}").encode_utf16().flat_map(u16::to_be_bytes).collect()
        }),
        svg("s06_svg_utf16_bare", "an SVG in UTF-16 without a byte order mark", || {
            HREF.encode_utf16().flat_map(u16::to_le_bytes).collect()
        }),
        svg("s06_svgz", "a compressed SVG: it is not looked into", || {
            let mut bytes = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
            bytes.extend(miniz_oxide::deflate::compress_to_vec(HREF.as_bytes(), 6));
            bytes.extend(crc32fast::hash(HREF.as_bytes()).to_le_bytes());
            bytes.extend((HREF.len() as u32).to_le_bytes());
            bytes
        }),
        svg("s06_html", "an HTML page under an image name", || {
            b"<!DOCTYPE html><html><script>alert(1)</script></html>".to_vec()
        }),
        svg("s06_php", "a PHP script under an image name", || b"<?php system($_GET['c']);".to_vec()),
        svg("s06_shell", "a shell script under an image name", || b"#!/bin/sh\nid\n".to_vec()),
    ]
}

/// Other formats under image names.
fn s07() -> Vec<Sample> {
    const NO_PICTURE: Expect = Expect::Refused;
    const OTHER_PICTURE: Expect = Expect::Unsupported;
    let files: [(&str, Expect, &[u8]); 18] = [
        ("tiff_le", OTHER_PICTURE, b"II*\0\x08\0\0\0\0\0\0\0\0\0"),
        ("tiff_be", OTHER_PICTURE, b"MM\0*\0\0\0\x08\0\0\0\0\0\0"),
        ("bigtiff", OTHER_PICTURE, b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0"),
        ("eps", NO_PICTURE, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file\n"),
        (
            "eps_dos",
            NO_PICTURE,
            b"\xc5\xd0\xd3\xc6\x20\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0%!PS",
        ),
        ("psd", OTHER_PICTURE, b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x09\0\0\0\x09\0\x08\0\x03"),
        ("heic", OTHER_PICTURE, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08meta"),
        ("avif", OTHER_PICTURE, b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf\0\0\0\x08meta"),
        ("mp4", NO_PICTURE, b"\0\0\0\x18ftypisom\0\0\x02\0isommp41\0\0\0\x08moov"),
        (
            "bmp",
            OTHER_PICTURE,
            b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0",
        ),
        ("ico", OTHER_PICTURE, b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0\x28\0\0\0\x16\0\0\0"),
        ("cur", OTHER_PICTURE, b"\0\0\x02\0\x01\0\x10\x10\0\0\x01\0\x20\0\x28\0\0\0\x16\0\0\0"),
        ("jxl", OTHER_PICTURE, b"\xff\x0a\xfa\x7f\x01\x90\x08\x06\x01\0\x28\x28"),
        ("jxl_boxed", OTHER_PICTURE, b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl "),
        ("jpeg2000", OTHER_PICTURE, b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 "),
        ("mat", NO_PICTURE, b"MATLAB 5.0 MAT-file, Platform: GLNXA64, Created on: Thu Jan  1 00:00:00 1970"),
        ("hdf5", NO_PICTURE, b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0"),
        ("zip", NO_PICTURE, b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a"),
    ];
    let what = "another format under the name of a JPEG: what reads it may be far more dangerous";
    files
        .map(|(name, expect, bytes)| {
            Sample::new("S07", format!("s07_{name}"), "jpg", what, expect, move || bytes.to_vec())
        })
        .into()
}

/// Files that end within, or right behind, their signature.
fn s08() -> Vec<Sample> {
    let magics: [(&str, &'static str, &[u8; 12]); 4] = [
        ("gif", "gif", b"GIF89a\x01\0\x01\0\x80\0"),
        ("jpeg", "jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01"),
        ("png", "png", b"\x89PNG\r\n\x1a\n\0\0\0\x0d"),
        ("webp", "webp", b"RIFF\x1a\0\0\0WEBP"),
    ];
    let prefixes = magics.into_iter().flat_map(|(name, extension, magic)| {
        (1..=magic.len()).map(move |len| {
            let what = "the first 1 to 12 bytes of a picture and no more";
            let name = format!("s08_{name}_{len}");
            Sample::new("S08", name, extension, what, Expect::Malformed, move || magic[..len].to_vec())
        })
    });
    let empty = Sample::new("S08", "s08_empty", "png", "no byte at all", Expect::Malformed, Vec::new);
    std::iter::once(empty).chain(prefixes).collect()
}

/// Pictures under a wrong name: without a label they are what their bytes say.
fn s09() -> Vec<Sample> {
    let what = "a good picture under the name of something else: a finding once the name is told";
    let sample = |name, extension, build: fn() -> Vec<u8>| {
        Sample::new("S09", name, extension, what, Expect::Accept(&[]), build)
    };
    vec![
        sample("s09_png_named_gif", "gif", || png(b"Comment\0plain")),
        sample("s09_gif_named_jpg", "jpg", || GifBytes::one_pixel().trailer().finish()),
        sample("s09_jpeg_named_php", "php", || jpeg(&[], b"")),
        sample("s09_jpeg_named_svg", "svg", || jpeg(&[(0xfe, b"plain")], b"")),
    ]
}

/// One signature behind another.
fn s10() -> Vec<Sample> {
    vec![
        Sample::new(
            "S10",
            "s10_jpeg_start_then_png",
            "jpg",
            "a JPEG start marker, then a whole PNG: two sniffers see two formats",
            Expect::Unsupported,
            || [b"\xff\xd8", &png(b"Comment\0plain")[..]].concat(),
        ),
        Sample::new(
            "S10",
            "s10_png_signature_then_jpeg",
            "png",
            "a PNG signature, then a whole JPEG",
            Expect::Malformed,
            || [&b"\x89PNG\r\n\x1a\n"[..], &jpeg(&[], b"")].concat(),
        ),
    ]
}

/// A whole baseline JPEG of 8x8 grey pixels, `segments` behind its JFIF header, `behind` after its end.
fn jpeg(segments: &[(u8, &[u8])], behind: &[u8]) -> Vec<u8> {
    let mut out = b"\xff\xd8".to_vec();
    out.extend(segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"));
    for &(marker, payload) in segments {
        out.extend(segment(marker, payload));
    }
    out.extend(segment(0xdb, &[&[0][..], &[1; 64]].concat()));
    out.extend(segment(0xc0, b"\x08\0\x08\0\x08\x01\x01\x11\0"));
    for class in [0x00, 0x10] {
        // One code of one bit: for DC no difference, for AC the end of the block.
        let mut table = vec![class, 1];
        table.extend([0; 16]);
        out.extend(segment(0xc4, &table));
    }
    out.extend(segment(0xda, b"\x01\x01\0\0\x3f\0"));
    // Two codes of zero, filled up with ones.
    out.push(0b0011_1111);
    out.extend(b"\xff\xd9");
    out.extend(behind);
    out
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len() + 2).expect("a segment of at most 65,533 bytes");
    [&[0xff, marker][..], &len.to_be_bytes(), payload].concat()
}

/// A whole PNG of one grey pixel with a text chunk.
fn png(text: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    // A zlib stream of one stored block: filter 0, one sample; Adler-32 of the two.
    let idat = [0x78, 0x01, 1, 2, 0, 0xfd, 0xff, 0, 0x80, 0, 0x82, 0, 0x81];
    for (kind, data) in [
        (b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0][..]),
        (b"tEXt", text),
        (b"IDAT", &idat),
        (b"IEND", b""),
    ] {
        let body = [&kind[..], data].concat();
        out.extend(u32::try_from(data.len()).expect("a short chunk").to_be_bytes());
        out.extend(&body);
        out.extend(crc32fast::hash(&body).to_be_bytes());
    }
    out
}

/// A whole ZIP archive with one empty stored file.
fn zip() -> Vec<u8> {
    const NAME: &[u8] = b"Evil.class";
    let mut entry = b"PK\x03\x04\x14\0".to_vec();
    entry.extend([0; 20]);
    entry.extend([NAME.len() as u8, 0, 0, 0]);
    entry.extend(NAME);
    let mut directory = b"PK\x01\x02\x14\0\x14\0".to_vec();
    directory.extend([0; 20]);
    directory.extend([NAME.len() as u8, 0]);
    directory.extend([0; 16]);
    directory.extend(NAME);
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend((directory.len() as u32).to_le_bytes());
    end.extend((entry.len() as u32).to_le_bytes());
    end.extend([0, 0]);
    [entry, directory, end].concat()
}
