"""Where pictures are made: a checked request and uploads in, encoded pictures out. Needs Pillow, runs in a thread.

Only `images.py` and `sight.py` import it, when the first picture is asked for.
"""

import io

from PIL import Image

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.drawing.looking import UnreadablePicture, see_through, unpack
from botcore.testing.openai_server.drawing.picture import Picture, Size, Wish, change, paint, vary
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.image_family import read_size
from botcore.testing.openai_server.image_request import ImageFormat, ImageRequest

_SMALL = 4 * 1024 * 1024  # bytes of a picture for dall-e-2
_PARTIAL = (48, 20, 8)  # how coarse the partial pictures of a stream are, in pixels


def generate(request: ImageRequest) -> list[bytes]:
    """The pictures of a prompt, encoded."""
    return [encode(paint(_wish(request, variant, size_for(request, None))), request) for variant in range(request.n)]


def edit(request: ImageRequest, uploads: list[bytes], mask: bytes | None) -> list[bytes]:
    """Changed pictures, encoded.

    Raises:
        ApiRefusal: an upload cannot be used, in the public API's words.
    """
    if request.family.gpt:
        pictures = [_any_picture(data, at) for at, data in enumerate(uploads, 1)]
    else:
        pictures = [_small_png(uploads[0])]
        if mask is None and not see_through(pictures[0]):
            message = "Invalid input image - format must be in ['RGBA', 'LA', 'L'], got RGB."
            raise errors.invalid(message, "image")
    hole = None if mask is None else _mask(mask, pictures[0])
    size = size_for(request, pictures[0].size)
    return [encode(change(pictures, hole, _wish(request, variant, size)), request) for variant in range(request.n)]


def vary_all(request: ImageRequest, upload: bytes) -> list[bytes]:
    """Variations of a picture, encoded.

    Raises:
        ApiRefusal: the upload cannot be used.
    """
    picture = _small_png(upload)
    size = read_size(request.size)
    return [encode(vary(picture, size, variant), request) for variant in range(request.n)]


def partials(data: bytes, request: ImageRequest) -> list[bytes]:
    """Coarse forerunners of a finished picture, as many as are wanted."""
    picture = unpack(data)
    coarse: list[bytes] = []
    for step in _PARTIAL[len(_PARTIAL) - request.partial_images :]:
        small = picture.reduce(min(step, *picture.size))
        coarse.append(encode(small.resize(picture.size, Image.Resampling.NEAREST), request))
    return coarse


def size_for(request: ImageRequest, given: Size | None) -> Size:
    """The size in pixels; "auto" is the supported one that is most like the given picture's shape."""
    if request.size != "auto":
        return read_size(request.size)
    if given is None:
        return read_size("1024x1024")
    supported = [read_size(size) for size in request.family.sizes if size != "auto"]
    return min(supported, key=lambda size: abs(size[0] / size[1] - given[0] / given[1]))


def encode(picture: Picture, request: ImageRequest) -> bytes:
    """The picture as a file in the wanted format, the same bytes for the same picture."""
    file = io.BytesIO()
    kind: ImageFormat = request.format
    match kind:
        case "png":
            picture.save(file, "PNG", compress_level=6)
        case "jpeg":
            picture.convert("RGB").save(file, "JPEG", quality=max(min(request.compression, 95), 5))
        case "webp":
            picture.save(file, "WEBP", quality=request.compression, method=2)
    return file.getvalue()


def _wish(request: ImageRequest, variant: int, size: Size) -> Wish:
    return Wish(
        request.prompt, size, variant, transparent=request.background == "transparent", rough=request.quality == "low"
    )


def _small_png(data: bytes) -> Picture:
    wrong = errors.invalid("Uploaded image must be a PNG and less than 4 MB.", "image")
    if len(data) > _SMALL:
        raise wrong
    try:
        picture = unpack(data, ("PNG",))
    except UnreadablePicture:
        raise wrong from None
    if picture.width != picture.height:
        message = f"Uploaded image must be square, got {picture.width}x{picture.height}."
        raise errors.invalid(message, "image")
    return picture


def _any_picture(data: bytes, number: int) -> Picture:
    try:
        return unpack(data, ("PNG", "JPEG", "WEBP"))
    except UnreadablePicture:
        message = f"Invalid image file or mode for image {number}, please check your image file."
        raise errors.invalid(message, "image", "invalid_image_file") from None


def _mask(data: bytes, picture: Picture) -> Picture:
    if len(data) > _SMALL:
        raise _bad_mask("mask must be a PNG and less than 4 MB")
    try:
        mask = unpack(data, ("PNG",))
    except UnreadablePicture:
        raise _bad_mask("mask must be a PNG and less than 4 MB") from None
    if mask.size != picture.size:
        raise _bad_mask("mask size does not match image size")
    if "A" not in mask.getbands() and "transparency" not in mask.info:
        raise _bad_mask("mask image missing alpha channel")
    return mask


def _bad_mask(why: str) -> ApiRefusal:
    return errors.invalid(f"Invalid mask image format - {why}.", "mask", "invalid_mask_image_format")
