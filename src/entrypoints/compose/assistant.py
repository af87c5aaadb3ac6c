"""The workflows and reads of the chatbot, with their adapters."""

from typing import Any

from adapters.extraction import LessonTexts
from adapters.openai import OpenAiEngine
from adapters.ranking import Bm25Ranking
from adapters.sql.assistant.conversations import SqlAssistantQueries, SqlConversationStore
from adapters.sql.assistant.lessons import SqlLessons
from adapters.sql.assistant.oversight import SqlOversight, SqlUnansweredStore
from adapters.sql.assistant.passages import SqlIndexStore, SqlPassages
from adapters.storage.local import LocalLibrary
from adapters.storage.s3 import S3Library
from entrypoints.compose.tools import Tools
from entrypoints.settings import Settings
from modules.assistant.answering import Answering
from modules.assistant.asking import Asking
from modules.assistant.conversing import Conversing
from modules.assistant.handing_over import HandingOver
from modules.assistant.indexing import Indexing
from modules.assistant.ports import Engine
from modules.learning.queries import CatalogueQueries
from modules.learning.viewing import Viewing


def engine(settings: Settings) -> OpenAiEngine | None:
    """The language model, if there is one."""
    if not settings.llm_base_url:
        return None
    return OpenAiEngine(
        base_url=settings.llm_base_url,
        api_key=settings.llm_api_key or None,
        model=settings.llm_model,
        timeout_s=settings.llm_timeout_seconds,
        answer_tokens=settings.llm_answer_tokens,
    )


def assistant(
    settings: Settings,
    tools: Tools,
    library: LocalLibrary | S3Library,
    catalogue: CatalogueQueries,
    viewing: Viewing,
    model: Engine | None,
) -> dict[str, Any]:
    database, clock = tools.database, tools.clock
    lessons = SqlLessons(database, clock, catalogue, viewing.locks)
    begin = database.begin(SqlConversationStore)
    answering = Answering(model, settings.llm_daily_tokens, tools.randomness)
    return {
        "indexing": Indexing(database.begin(SqlIndexStore), lessons, LessonTexts(library)),
        "conversing": Conversing(begin, lessons, clock),
        "asking": Asking(begin, lessons, SqlPassages(database), Bm25Ranking(), answering, clock),
        "handing_over": HandingOver(database.begin(SqlUnansweredStore), lessons, clock),
        "conversations": SqlAssistantQueries(database),
        "oversight": SqlOversight(database),
    }
