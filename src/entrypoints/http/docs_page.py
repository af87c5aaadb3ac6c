"""A page that reads openapi.json and shows it: no dependency, no internet, works on a phone."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Shala API</title>
<style>
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--accent:#2563eb}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:1rem}
input{width:100%;padding:.6rem;font:inherit;border:1px solid var(--line);border-radius:.5rem;box-sizing:border-box}
details{border:1px solid var(--line);border-radius:.5rem;margin:.4rem 0}
summary{padding:.5rem .7rem;cursor:pointer;display:flex;gap:.7rem;align-items:baseline;flex-wrap:wrap}
summary code{font-weight:600;overflow-wrap:anywhere}
.body{padding:0 .9rem .7rem;border-top:1px solid var(--line)}
.m{font:700 .75rem/1.6 ui-monospace,monospace;min-width:3.4rem;text-align:center;border-radius:.3rem;color:#fff}
.GET{background:#0f766e}.POST{background:#1d4ed8}.PATCH,.PUT{background:#a16207}.DELETE{background:#b91c1c}
.what{opacity:.75}pre{background:var(--soft);padding:.6rem;border-radius:.4rem;overflow:auto}
h4{margin:.9rem 0 .3rem}table{border-collapse:collapse;width:100%}td{border-bottom:1px solid var(--line);padding:.25rem .4rem;vertical-align:top;overflow-wrap:anywhere}
</style></head><body>
<h1>Shala API</h1>
<p>Send <code>Authorization: Bearer &lt;access_token&gt;</code>. Errors are problem+json with a stable <code>code</code>.
The document itself: <a href="openapi.json">openapi.json</a></p>
<input id="q" type="search" placeholder="Filter by path or words" aria-label="Filter"><main id="all">Loading</main>
<script>
const el=(tag,attributes={},...inside)=>{const e=document.createElement(tag);
  for(const[k,v]of Object.entries(attributes))e[k]=v;e.append(...inside.filter(x=>x!=null));return e};
let doc;
const follow=s=>s&&s.$ref?doc.components.schemas[s.$ref.split("/").pop()]:s;
function shape(schema,depth=0){
  const s=follow(schema);if(!s)return"any";
  if(s.enum)return s.enum.map(x=>JSON.stringify(x)).join(" | ");
  const many=s.oneOf||s.anyOf;if(many)return many.map(x=>shape(x,depth)).join(" | ");
  const type=Array.isArray(s.type)?s.type.join(" | "):s.type;
  if(type==="array")return"["+shape(s.items,depth)+"]";
  if(s.properties&&depth<4){const pad="  ".repeat(depth+1);
    return"{\\n"+Object.entries(s.properties).map(([k,v])=>pad+k+((s.required||[]).includes(k)?"":"?")+": "+shape(v,depth+1))
      .join(",\\n")+"\\n"+"  ".repeat(depth)+"}"}
  return(type||"any")+(s.format?" ("+s.format+")":"")}
const content=x=>{const c=x&&x.content&&Object.values(x.content)[0];return c&&c.schema};
function operation(path,method,op){
  const box=el("details",{},el("summary",{},el("span",{className:"m "+method,textContent:method}),
    el("code",{textContent:path}),el("span",{className:"what",textContent:(op.description||op.summary||"").split("\\n")[0]})));
  box.dataset.text=(path+" "+(op.description||"")+" "+(op.summary||"")).toLowerCase();
  box.addEventListener("toggle",()=>{if(box.querySelector(".body"))return;
    const body=el("div",{className:"body"});
    for(const more of(op.description||"").split("\\n\\n").slice(1))body.append(el("p",{textContent:more}));
    if(op.parameters&&op.parameters.length)body.append(el("h4",{textContent:"Parameters"}),el("table",{},
      ...op.parameters.map(p=>el("tr",{},el("td",{},el("code",{textContent:p.name})),el("td",{textContent:p.in}),
        el("td",{textContent:shape(p.schema)}),el("td",{textContent:p.description||""})))));
    const sent=content(op.requestBody);
    if(sent)body.append(el("h4",{textContent:"Body"}),el("pre",{textContent:shape(sent)}));
    const answers=Object.entries(op.responses||{}).sort(),refusals=answers.filter(([status])=>status>="400");
    for(const[status,r]of answers.filter(([status])=>status<"400")){
      body.append(el("h4",{textContent:status+" "+(r.description||"").replace(/.*follows$/,"")}));
      const s=content(r);if(s)body.append(el("pre",{textContent:shape(s)}))}
    if(refusals.length)body.append(el("h4",{textContent:"Refusals (problem+json)"}),el("table",{},
      ...refusals.map(([status,r])=>el("tr",{},el("td",{},el("code",{textContent:status})),el("td",{textContent:r.description||""})))));
    box.append(body)});
  return box}
fetch("openapi.json").then(r=>r.json()).then(d=>{doc=d;const all=document.getElementById("all");all.textContent="";
  const groups={};
  for(const[path,item]of Object.entries(d.paths))for(const m of["get","post","put","patch","delete"])if(item[m])
    (groups[(item[m].tags||["operations"])[0]]??=[]).push(operation(path,m.toUpperCase(),item[m]));
  for(const[name,list]of Object.entries(groups))all.append(el("section",{},el("h2",{textContent:name}),...list))});
document.getElementById("q").addEventListener("input",e=>{const q=e.target.value.toLowerCase();
  for(const b of document.querySelectorAll("details"))b.hidden=!b.dataset.text.includes(q);
  for(const s of document.querySelectorAll("section"))s.hidden=!s.querySelector("details:not([hidden])")});
</script></body></html>
"""
