"""`POST /audio/transcriptions`, `POST /audio/translations`, `POST /audio/speech`."""

from botcore.openai import reading, transcript
from botcore.openai.audio_request import SpeechRequest, TranscriptionRequest, TranslationRequest
from botcore.openai.byte_stream import ByteStream
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.form import Form
from botcore.openai.outgoing import Progress
from botcore.openai.transcript import PLAIN, Transcript
from botcore.openai.transport import Transport
from botcore.openai.upload import Upload

TRANSCRIPTIONS = Endpoint("audio.transcriptions", "POST", "/audio/transcriptions")
TRANSLATIONS = Endpoint("audio.translations", "POST", "/audio/translations")
SPEECH = Endpoint("audio.speech", "POST", "/audio/speech")
_NO_SOUND = ("application/json", "text/")


class Audio:
    """Speech to text, and text to speech."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def transcribe(self, request: TranscriptionRequest, *, progress: Progress | None = None) -> Transcript:
        """Write down what is said, in its language. Raises `ApiError`."""
        return await self._recognise(TRANSCRIPTIONS, request, progress)

    async def translate(self, request: TranslationRequest, *, progress: Progress | None = None) -> Transcript:
        """Write down in English what is said. Raises `ApiError`."""
        return await self._recognise(TRANSLATIONS, request, progress)

    def speak(self, request: SpeechRequest) -> ByteStream:
        """Say a text: `async with api.audio.speak(request) as sound: async for chunk in sound: ...`.

        The sound begins before all of it is made. Entering raises `ApiError`.
        """
        call = Call(SPEECH, Payload.json(reading.body_of(request)), accept="*/*")
        seconds = self._transport.settings.stream_deadline
        return ByteStream(self._transport, call, check=_sound, seconds=seconds, may_be_empty=False)

    async def _recognise(
        self, endpoint: Endpoint, request: TranscriptionRequest | TranslationRequest, progress: Progress | None
    ) -> Transcript:
        asked = request.response_format or "json"
        form = Form(reading.body_of(request, "file"), [("file", Upload.of(request.file))], progress=progress)
        accept = "text/plain, application/json;q=0.9, */*;q=0.8" if asked in PLAIN else "application/json"
        reply = await self._transport.send(Call(endpoint, form, accept=accept))
        if asked in PLAIN:
            found = transcript.of_text(reply, asked)
            if isinstance(found, Transcript):
                return found
        return transcript.of_json(reply, self._transport.expect(reply, "text"), asked)


def _sound(media_type: str) -> str:
    """Text and JSON are no sound; a few servers give none, or a general type."""
    return f"an answer that is no sound ({media_type})" if media_type.startswith(_NO_SOUND) else ""
