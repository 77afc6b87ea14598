"""What was promised of the figures, and whether a record keeps it."""


def rows(record):
    """Target, what is wanted, what was measured, and yes, no or (nothing was promised) neither."""
    lines = []

    def at_most(what, limit, value, unit="", digits=2):
        # A digit more than the target has, so that a near miss is seen.
        verdict = "not measured" if value is None else "yes" if value <= limit else "**no**"
        lines.append([what, f"≤ {limit:.{digits}f}{unit}", shown(value, digits + 1, unit), verdict])

    def at_least(what, limit, value, unit):
        verdict = "not measured" if value is None else "yes" if value >= limit else "**no**"
        lines.append([what, f"≥ {limit:.0f}{unit}", shown(value, 1, unit), verdict])

    for megapixels in (12, 24):
        file, name = f"photo{megapixels}_base420.jpg", f"{megapixels} MP baseline"
        at_most(f"{name}, time / vips", 0.50, record.ratio(file, "ours"))
        at_most(f"{name}, time / Pillow thumbnail", 0.47, record.ratio(file, "ours", "pillow"))
        at_least(f"{name}, PSNR", 52, record.of(file, "ours", "psnr"), " dB")
        at_most(f"{name}, fast / Pillow draft(256)", 0.42, record.ratio(file, "ours_fast", "pillow_draft"))
    for megapixels in (12, 24):
        file, name = f"photo{megapixels}_prog420.jpg", f"{megapixels} MP progressive"
        at_most(f"{name}, time / vips", 0.45, record.ratio(file, "ours"))
        at_most(f"{name}, fast / vips", 0.16, record.ratio(file, "ours_fast"))
    for peer in ("imagecodecs", "Pillow"):
        value = record.ratio("photo12_base420.jpg", "ours_full", f"{peer.lower()}_full")
        at_most(f"12 MP baseline at full size, time / {peer}", 1.10, value)
    at_most("4 MP PNG RGB, time / vips", 0.60, record.ratio("photo4_rgb8.png", "ours"))
    at_most("2 MP PNG 16-bit, time / vips", 0.70, record.ratio("photo2_rgb16.png", "ours"))
    at_most("GIF, first frame, time / vips", 0.45, record.ratio("anim60.gif", "ours"))
    for name, file in (("4 MP WebP lossy", "photo4_lossy.webp"), ("2 MP WebP lossless", "photo2_lossless.webp")):
        lines.append([f"{name}, time / vips", "the figure", shown(record.ratio(file, "ours"), 2), "–"])
    for name, file, limit in (
        ("12 MP baseline", "photo12_base420.jpg", 8),
        ("12 MP progressive", "photo12_prog420.jpg", 14),
        ("4 MP PNG", "photo4_rgb8.png", 8),
        ("100 MP baseline", "photo100_base420.jpg", 24),
    ):
        at_most(f"{name}, peak RSS over the start", limit, record.risen(file, "ours"), " MB", 1)
    photographs = [each.file for each in record.listed if each.file.startswith(("photo", "camera"))]
    found = [record.of(file, "ours", "psnr") for file in photographs if file.endswith(".jpg")]
    at_least("every JPEG photograph, PSNR: the least", 50, min((f for f in found if f), default=None), " dB")
    sniffed = [looked(record, file, "sniff") for file in record.pictures]
    at_most("sniff, the slowest of the pictures", 50, max((each * 1e6 for each in sniffed if each), default=None), " ns", 1)
    at_most("outline of a JPEG of 3 MB", 0.5, looked(record, "photo12_base420.jpg", "outline"), " ms")
    at_most("outline of a PNG of 8 MB, every CRC", 3.0, looked(record, "photo4_rgb8.png", "outline"), " ms")
    return lines


def looked(record, file, op):
    return record.pictures.get(file, {}).get("looks", {}).get(op, {}).get("ms")


def shown(value, digits, unit=""):
    return "–" if value is None else f"{value:.{digits}f}{unit}"
