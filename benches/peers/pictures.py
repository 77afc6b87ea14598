"""The pictures of the comparison: file, what a reader is told, and what is done with it.

`full`: its full-size decode is compared too. `ladder`: it is a step of the growth from 1 to 100 megapixels.
`chart`: it has a row in the chart. `camera`: a photograph out of a Debian package, which may be missing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    file: str
    label: str
    full: bool = False
    ladder: bool = False
    chart: bool = False
    camera: bool = False


PICTURES = (
    Picture("photo12_base420.jpg", "12 MP JPEG 4:2:0 baseline", full=True, ladder=True, chart=True),
    Picture("photo24_base420.jpg", "24 MP JPEG 4:2:0 baseline", ladder=True, chart=True),
    Picture("photo12_prog420.jpg", "12 MP JPEG 4:2:0 progressive", full=True, chart=True),
    Picture("photo24_prog420.jpg", "24 MP JPEG 4:2:0 progressive", chart=True),
    Picture("photo12_base444.jpg", "12 MP JPEG 4:4:4 baseline", full=True, chart=True),
    Picture("photo2_base420.jpg", "2 MP JPEG 4:2:0 baseline", full=True, chart=True),
    Picture("smooth12_base420.jpg", "12 MP JPEG, smooth", chart=True),
    Picture("noisy12_base420.jpg", "12 MP JPEG, noisy", chart=True),
    Picture("screen2_base444.jpg", "2 MP JPEG 4:4:4 screenshot"),
    Picture("tiny_base420.jpg", "200 x 200 JPEG", chart=True),
    Picture("photo100_base420.jpg", "100 MP JPEG 4:2:0 baseline", ladder=True, chart=True),
    Picture("photo1_base420.jpg", "1 MP JPEG 4:2:0 baseline", ladder=True),
    Picture("photo3_base420.jpg", "3 MP JPEG 4:2:0 baseline", ladder=True),
    Picture("photo50_base420.jpg", "50 MP JPEG 4:2:0 baseline", ladder=True),
    Picture("camera5_straight.jpg", "5 MP JPEG 4:2:2, straight from a DiMAGE Z5", camera=True, chart=True),
    Picture("camera12_sunset.jpg", "12 MP JPEG 4:2:2 progressive, photograph", camera=True, chart=True),
    Picture("camera16_seeding.jpg", "16 MP JPEG 4:2:0 progressive, photograph", camera=True, chart=True),
    Picture("camera18_elephants.jpg", "18 MP JPEG 4:2:2 progressive, quality 100", camera=True),
    Picture("camera12_phone.jpg", "12 MP JPEG 4:2:0, as a phone writes it", camera=True, chart=True),
    Picture("photo4_rgb8.png", "4 MP PNG RGB", full=True, chart=True),
    Picture("photo2_rgb16.png", "2 MP PNG RGB 16-bit", full=True, chart=True),
    Picture("screen2_rgba8.png", "2 MP PNG RGBA screenshot", full=True, chart=True),
    Picture("tiny_rgb8.png", "200 x 200 PNG"),
    Picture("photo4_lossy.webp", "4 MP WebP lossy", full=True, chart=True),
    Picture("photo2_lossless.webp", "2 MP WebP lossless", full=True, chart=True),
    Picture("screen2_lossless.webp", "2 MP WebP lossless screenshot"),
    Picture("tiny_lossy.webp", "200 x 200 WebP lossy"),
    Picture("anim60.gif", "GIF 480 x 270, first of 60 frames", chart=True),
)
