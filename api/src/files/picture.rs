//! Pictures made anew: what is stored is what was decoded, so that neither the place in the EXIF
//! data nor anything behind the picture stays.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::kind::{Kept, Kind};
use crate::error::{ApiError, Code, Result};

/// Pixels a side may have.
const SIDE_LIMIT: u32 = 8_000;
/// Pixels a picture may have.
const AREA_LIMIT: u64 = 40_000_000;
/// Bytes a decoder may take.
const MEMORY_LIMIT: u64 = 170 << 20;
/// Pixels of the longest side that is kept; proof is read on a phone or printed on a page.
const SIDE_KEPT: u32 = 2_560;
const JPEG_QUALITY: u8 = 85;

fn unreadable(why: &'static str) -> ApiError {
    ApiError::with(Code::FileUnreadable, why)
}

/// Decodes and encodes anew. It takes long: call it where blocking is allowed.
///
/// # Errors
/// `file_unreadable` for what is no whole JPEG, PNG or WebP, or is too large.
pub(super) fn make_anew(file: &[u8]) -> Result<Kept> {
    let broken = || unreadable("图片已损坏，请重新选择");
    let mut reader = ImageReader::new(Cursor::new(file))
        .with_guessed_format()
        .map_err(|_| broken())?;
    if !matches!(
        reader.format(),
        Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)
    ) {
        return Err(unreadable(
            "只能上传 PDF、docx、xlsx、pptx 文件，或 JPEG、PNG、WebP 图片",
        ));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_LIMIT);
    limits.max_image_height = Some(SIDE_LIMIT);
    limits.max_alloc = Some(MEMORY_LIMIT);
    reader.limits(limits);
    let too_large = || unreadable("图片过大：每边不超过 8000 像素，总计不超过 4000 万像素");
    let is_limit = |error: &image::ImageError| matches!(error, image::ImageError::Limits(_));
    let mut decoder = reader.into_decoder().map_err(|error| {
        if is_limit(&error) {
            too_large()
        } else {
            broken()
        }
    })?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 || u64::from(width) * u64::from(height) > AREA_LIMIT {
        return Err(too_large());
    }
    let orientation = decoder.orientation().map_err(|_| broken())?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| {
        if is_limit(&error) {
            too_large()
        } else {
            broken()
        }
    })?;
    if width.max(height) > SIDE_KEPT {
        picture = picture.thumbnail(SIDE_KEPT, SIDE_KEPT);
    }
    picture.apply_orientation(orientation);
    encode(&picture).map_err(ApiError::internal)
}

fn encode(picture: &DynamicImage) -> image::ImageResult<Kept> {
    let mut data = Vec::new();
    let shows_through = picture.color().has_alpha()
        && picture
            .to_rgba8()
            .pixels()
            .any(|pixel| pixel.0[3] != u8::MAX);
    if shows_through {
        DynamicImage::from(picture.to_rgba8())
            .write_to(&mut Cursor::new(&mut data), ImageFormat::Png)?;
        return Ok(Kept {
            kind: Kind::Png,
            data,
        });
    }
    picture
        .to_rgb8()
        .write_with_encoder(JpegEncoder::new_with_quality(&mut data, JPEG_QUALITY))?;
    Ok(Kept {
        kind: Kind::Jpeg,
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut data = Vec::new();
        picture
            .into()
            .write_to(&mut Cursor::new(&mut data), format)
            .unwrap();
        data
    }

    #[test]
    fn a_picture_is_made_anew_and_what_stands_behind_it_is_gone() {
        let plain = image::RgbImage::from_pixel(4, 2, image::Rgb([200, 10, 10]));
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let mut file = encoded(plain.clone(), format);
            file.extend(b"<script>alert(1)</script>");

            let picture = make_anew(&file).unwrap();

            assert_eq!(picture.kind, Kind::Jpeg);
            assert!(!picture.data.windows(7).any(|bytes| bytes == b"<script"));
            let back = image::load_from_memory(&picture.data).unwrap();
            assert_eq!((back.width(), back.height()), (4, 2));
        }
    }

    #[test]
    fn what_shows_through_stays_png() {
        let glass = image::RgbaImage::from_pixel(2, 2, image::Rgba([0, 0, 0, 100]));
        assert_eq!(
            make_anew(&encoded(glass, ImageFormat::Png)).unwrap().kind,
            Kind::Png
        );
    }

    #[test]
    fn a_picture_taken_sideways_stands_upright_and_says_no_more_where_it_was_taken() {
        let wide = encoded(image::RgbImage::new(4, 2), ImageFormat::Jpeg);
        // An EXIF segment that says "turn me by a quarter", put behind the start of the image.
        let exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let file = [&wide[..2], exif, &wide[2..]].concat();

        let picture = make_anew(&file).unwrap();

        let back = image::load_from_memory(&picture.data).unwrap();
        assert_eq!((back.width(), back.height()), (2, 4));
        assert!(!picture.data.windows(4).any(|bytes| bytes == b"Exif"));
    }

    #[test]
    fn a_large_picture_is_made_smaller() {
        let picture =
            make_anew(&encoded(image::RgbImage::new(3_000, 30), ImageFormat::Png)).unwrap();
        assert_eq!(
            image::load_from_memory(&picture.data).unwrap().width(),
            SIDE_KEPT
        );
    }

    #[test]
    fn what_is_no_whole_picture_is_refused() {
        let half = encoded(image::RgbImage::new(64, 64), ImageFormat::Png);
        let wide = encoded(image::RgbImage::new(8_001, 1), ImageFormat::Png);
        for file in [
            &b""[..],
            b"GIF89a\x01\0\x01\0\0\0\0;",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            &half[..half.len() / 2],
            &wide,
        ] {
            assert_eq!(make_anew(file).unwrap_err().code, Code::FileUnreadable);
        }
    }
}
