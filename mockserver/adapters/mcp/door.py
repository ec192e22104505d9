"""The door: a server of the Model Context Protocol whose tools and resources are those of a session."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server

from mockserver.adapters.mcp import resources
from mockserver.adapters.mcp.short import line
from mockserver.adapters.mcp.tool import Effect, Session, Tool
from mockserver.adapters.mcp.tools.registry import EVERYWHERE, PROGRAMS
from mockserver.errors import MockserverError, unexpected
from mockserver.secrecy.mask import Mask
from mockserver.suggestions import quoted, suggestion

_HINTS: Mapping[Effect, types.ToolAnnotations] = {
    effect: types.ToolAnnotations(
        read_only_hint=effect == "reads",
        destructive_hint=effect in ("forgets", "runs"),
        idempotent_hint=effect in ("reads", "sets", "forgets"),
        open_world_hint=effect == "runs",
    )
    for effect in ("reads", "changes", "sets", "forgets", "runs")
}

_INSTRUCTIONS = """\
A fake of the Kling HTTP APIs and of gateways to them, which knows their contract. Begin with status: it has the base \
URL for clients. requests says what a client sent and why it was refused; page explains a rule; validate judges a \
payload before it is sent; clock advance ends tasks at once; add_fault breaks things on purpose."""

_ON_STDIO = (
    "is not offered over HTTP, because it starts a program or sends requests elsewhere. Let the assistant start "
    "`mockserver mcp` itself, or run `mockserver check` in a shell."
)


def door(session: Session) -> Server[Any]:
    """Return a server for one session."""
    tools = {**EVERYWHERE, **(PROGRAMS if session.checking is not None else {})}

    async def list_tools(_: object, __: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_listed(tool) for tool in tools.values()])

    async def call_tool(_: object, call: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            if call.name not in tools:
                raise _no_such_tool(call.name, tools)
            tool, given = tools[call.name], call.arguments or {}
            tool.check(given)
            answer = await tool.answer(session, given)
        except MockserverError as error:
            return _said(line(Mask().text(str(error))), is_error=True)
        except Exception as error:  # noqa: BLE001 - the last resort: an assistant reads a sentence, never a traceback
            unexpected(error, f"failed to answer the tool {quoted(call.name)}")
            return _said(line(f"this is a mistake of mockserver: {type(error).__name__}: {error}"), is_error=True)
        return _said(answer.text, structured=answer.structured)

    async def list_resources(_: object, __: object) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=[*resources.listed(session.services())])

    async def list_templates(_: object, __: object) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=[*resources.templates()])

    async def read_resource(_: object, wanted: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        return await resources.read(session.fake, str(wanted.uri))

    return Server(
        "mockserver",
        title="mockserver, a fake of the Kling APIs",
        version=version("kling-mockserver"),
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )


def _listed(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name, description=tool.about, input_schema=tool.arguments, annotations=_HINTS[tool.effect]
    )


def _no_such_tool(name: str, tools: Mapping[str, Tool]) -> MockserverError:
    if name in PROGRAMS:
        return MockserverError(f"{name} {_ON_STDIO}")
    return MockserverError(f"no tool {quoted(name)}; {suggestion(name, tools, 'tools/list')}")


def _said(text: str, *, structured: Any = None, is_error: bool = False) -> types.CallToolResult:
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=text)]
    return types.CallToolResult(content=content, structured_content=structured, is_error=is_error)
