"""A server with one route, POST /ask, that answers on the AI key of whoever is connected: FastAPI and onerelay."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from onerelay import AsyncOneRelay, OneRelayError

RELAY = os.environ.get("RELAY_URL", "http://localhost:8000")
APP = (os.environ["ONERELAY_CLIENT_ID"], os.environ["ONERELAY_CLIENT_SECRET"])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One client, and one connection for everybody: a real app keeps one for each visitor."""
    async with AsyncOneRelay(client_id=APP[0], client_secret=APP[1], base_url=RELAY) as client:
        link = await client.sandbox.link()  # without a browser; with Link, your page gets the public token and sends it to you
        exchange = await client.exchange_public_token(link.public_token)
        app.state.client, app.state.access_token = client, exchange.access_token
        yield


app = FastAPI(lifespan=lifespan)


class Question(BaseModel):
    """What a visitor asks."""

    text: str


@app.post("/ask")
async def ask(question: Question) -> dict[str, str]:
    """The answer, or why there is none."""
    try:
        answer = await app.state.client.chat_completion(
            access_token=app.state.access_token,
            provider="sandbox",
            model="sandbox-small",
            messages=[{"role": "user", "content": question.text}],
        )
    except OneRelayError as error:
        raise HTTPException(502, str(error)) from error
    return {"text": answer.text}
