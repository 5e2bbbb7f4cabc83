"""`POST /images/generations`, `POST /images/edits`, `POST /images/variations`."""

from botcore.openai import reading
from botcore.openai.call import Body, Call, Endpoint, Payload
from botcore.openai.elsewhere import fetch
from botcore.openai.form import Form
from botcore.openai.image_request import ImageEditRequest, ImageRequest, VariationRequest
from botcore.openai.outgoing import Progress
from botcore.openai.picture import Picture, Pictures, decoded, pictures
from botcore.openai.transport import Transport
from botcore.openai.upload import FileLike, Upload

GENERATIONS = Endpoint("images.generations", "POST", "/images/generations")
EDITS = Endpoint("images.edits", "POST", "/images/edits")
VARIATIONS = Endpoint("images.variations", "POST", "/images/variations")


class Images:
    """Pictures from words, and from pictures."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def generate(self, request: ImageRequest) -> Pictures:
        """Draw what the prompt says. Raises `ApiError`, among it `ContentFiltered`."""
        return await self._ask(GENERATIONS, Payload.json(reading.body_of(request)))

    async def edit(self, request: ImageEditRequest, *, progress: Progress | None = None) -> Pictures:
        """Change a picture as the prompt says. Raises `ApiError`."""
        return await self._ask(EDITS, _edit_form(request, progress))

    async def vary(self, request: VariationRequest, *, progress: Progress | None = None) -> Pictures:
        """Draw pictures like this one. Raises `ApiError`, among it `EndpointMissing`."""
        files = [("image", Upload.of(request.image))]
        return await self._ask(VARIATIONS, Form(reading.body_of(request, "image"), files, progress=progress))

    async def fetch(self, picture: Picture, *, most: int | None = None) -> bytes:
        """Give a picture's bytes: those that came, or what its URL gives, at most `most` bytes (`max_body_bytes`).

        The key goes along only to the API's own host. Raises `ApiError`, among it `NotFound` for a URL that expired.
        """
        if picture.data is not None:
            return picture.data
        url = picture.url or ""
        if url.startswith("data:"):
            data = await decoded(url)
            if data is not None:
                return data
        return await fetch(self._transport, url, most=most)

    async def _ask(self, endpoint: Endpoint, body: Body) -> Pictures:
        reply = await self._transport.send(Call(endpoint, body))
        return await pictures(reply, self._transport.expect(reply, "data"))


def _edit_form(request: ImageEditRequest, progress: Progress | None) -> Form:
    """Give the form; several pictures are `image[]`, as the official clients write it."""
    image = request.image
    given: tuple[FileLike, ...] = image if isinstance(image, tuple) else (image,)
    name = "image" if len(given) == 1 else "image[]"
    files = [(name, Upload.of(one)) for one in given]
    if request.mask is not None:
        files.append(("mask", Upload.of(request.mask)))
    return Form(reading.body_of(request, "image", "mask"), files, progress=progress)
