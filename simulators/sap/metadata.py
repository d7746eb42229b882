"""``$metadata`` rendered from the declarations: EDMX of V2 with SAP's attributes, CSDL of V4 with annotations."""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import quoteattr

from simulators.sap.declare import Action, EntitySet, Field, Nav, Service

_MULTIPLICITY = {"one": "1", "maybe": "0..1", "many": "*"}
_V2_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"'
    ' xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
    ' xmlns:sap="http://www.sap.com/Protocols/SAPData"><edmx:DataServices m:DataServiceVersion="2.0">'
)
_V4_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"'
    ' xmlns="http://docs.oasis-open.org/odata/ns/edm"><edmx:DataServices>'
)
_TAIL = "</edmx:DataServices></edmx:Edmx>"
_V4_WORDS = {
    "computed": "SAP__core.Computed",
    "default": "SAP__core.ComputedDefaultValue",
    "fixed": "SAP__core.Immutable",
    "U": "SAP__common.IsUpperCase",
    "N": "SAP__common.IsDigitSequence",
}
_RESTRICTIONS = {
    "-create": ("InsertRestrictions", "Insertable"),
    "-update": ("UpdateRestrictions", "Updatable"),
    "-delete": ("DeleteRestrictions", "Deletable"),
    "-read": ("ReadRestrictions", "Readable"),
}


def render_metadata(service: Service) -> bytes:
    """The whole document."""
    return "".join(_v2(service) if service.version == 2 else _v4(service)).encode()


def _attributes(pairs: Iterator[tuple[str, str]]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in pairs)


def _facets(field: Field) -> Iterator[tuple[str, str]]:
    yield "Name", field.name
    yield "Type", field.edm
    if not field.nullable:
        yield "Nullable", "false"
    if field.max_length is not None:
        yield "MaxLength", str(field.max_length)
    if field.precision is not None:
        yield "Precision", str(field.precision)
    if field.scale:
        yield "Scale", "variable" if field.scale == "v" else field.scale


def _keys(entity: EntitySet) -> str:
    return "<Key>" + "".join(f'<PropertyRef Name="{name}"/>' for name in entity.key_order) + "</Key>"


def _v2(service: Service) -> Iterator[str]:
    yield _V2_HEAD
    yield f'<Schema Namespace="{service.namespace}" xml:lang="en" sap:schema-version="1"'
    yield ' xmlns="http://schemas.microsoft.com/ado/2008/09/edm">'
    for entity in service.sets.values():
        yield f'<EntityType Name="{entity.type_name}" sap:content-version="1">' + _keys(entity)
        yield from (f"<Property{_attributes(_v2_facets(field))}/>" for field in entity.fields.values())
        yield from (_v2_nav(service, entity, nav) for nav in entity.navs.values())
        yield "</EntityType>"
    yield from (_association(service, entity, nav) for entity, nav in _navs(service))
    yield f'<EntityContainer Name="{service.name}_Entities" m:IsDefaultEntityContainer="true"'
    yield ' sap:supported-formats="atom json xlsx">'
    yield from (_v2_set(service, entity) for entity in service.sets.values())
    yield from (_association_set(service, entity, nav) for entity, nav in _navs(service))
    yield f"</EntityContainer></Schema>{_TAIL}"


def _navs(service: Service) -> Iterator[tuple[EntitySet, Nav]]:
    return ((entity, nav) for entity in service.sets.values() for nav in entity.navs.values())


def _v2_facets(field: Field) -> Iterator[tuple[str, str]]:
    yield from _facets(field)
    formats = {"U": "UpperCase", "N": "NonNegative"}
    yield from (("sap:display-format", text) for word, text in formats.items() if word in field.words)
    if field.edm == "Edm.DateTime":
        yield "sap:display-format", "Date"
    words = field.words | ({"-c", "-u"} if "ro" in field.words else set())
    names = {"-c": "creatable", "-u": "updatable", "-f": "filterable", "-s": "sortable"}
    yield from ((f"sap:{name}", "false") for word, name in names.items() if word in words)


def _relation(entity: EntitySet, nav: Nav) -> str:
    return f"assoc_{entity.name}_{nav.name}"


def _v2_nav(service: Service, entity: EntitySet, nav: Nav) -> str:
    name = _relation(entity, nav)
    return (
        f'<NavigationProperty Name="{nav.name}" Relationship="{service.namespace}.{name}"'
        f' FromRole="FromRole_{name}" ToRole="ToRole_{name}"/>'
    )


def _association(service: Service, entity: EntitySet, nav: Nav) -> str:
    name, target = _relation(entity, nav), service.sets[nav.target]
    return (
        f'<Association Name="{name}" sap:content-version="1">'
        f'<End Type="{service.namespace}.{entity.type_name}" Multiplicity="{"*" if nav.way == "up" else "1"}"'
        f' Role="FromRole_{name}"/>'
        f'<End Type="{service.namespace}.{target.type_name}" Multiplicity="{_MULTIPLICITY[nav.mult]}"'
        f' Role="ToRole_{name}"/></Association>'
    )


def _association_set(service: Service, entity: EntitySet, nav: Nav) -> str:
    name = _relation(entity, nav)
    return (
        f'<AssociationSet Name="{name}_Set" Association="{service.namespace}.{name}">'
        f'<End EntitySet="{entity.name}" Role="FromRole_{name}"/>'
        f'<End EntitySet="{nav.target}" Role="ToRole_{name}"/></AssociationSet>'
    )


def _v2_set(service: Service, entity: EntitySet) -> str:
    names = {"-create": "creatable", "-update": "updatable", "-delete": "deletable"}
    flags = "".join(f' sap:{name}="false"' for word, name in names.items() if word in entity.words)
    return f'<EntitySet Name="{entity.name}" EntityType="{service.namespace}.{entity.type_name}"{flags}/>'


def _v4(service: Service) -> Iterator[str]:
    yield _V4_HEAD
    yield f'<Schema Namespace="{service.namespace}" Alias="SAP__self">'
    for entity in service.sets.values():
        yield f'<EntityType Name="{entity.type_name}">' + _keys(entity)
        yield from (f"<Property{_attributes(_facets(field))}/>" for field in entity.fields.values())
        if "messages" in entity.words:
            kind = f"Collection({service.namespace}.SAP__Message)"
            yield f'<Property Name="SAP__Messages" Type="{kind}" Nullable="false"/>'
        yield from (_v4_nav(service, nav) for nav in entity.navs.values())
        yield "</EntityType>"
    yield _MESSAGE_TYPE
    yield from (text for action in service.actions.values() for text in _action(service, action))
    yield '<EntityContainer Name="Container">'
    yield from (_v4_set(service, entity) for entity in service.sets.values())
    yield "</EntityContainer>"
    yield from (text for entity in service.sets.values() for text in _annotations(entity))
    yield from (text for action in service.actions.values() for text in _parameter_annotations(service, action))
    yield f"</Schema>{_TAIL}"


_MESSAGE_TYPE = (
    '<ComplexType Name="SAP__Message"><Property Name="code" Type="Edm.String" Nullable="false"/>'
    '<Property Name="message" Type="Edm.String" Nullable="false"/><Property Name="target" Type="Edm.String"/>'
    '<Property Name="additionalTargets" Type="Collection(Edm.String)" Nullable="false"/>'
    '<Property Name="transition" Type="Edm.Boolean" Nullable="false"/>'
    '<Property Name="numericSeverity" Type="Edm.Byte" Nullable="false"/>'
    '<Property Name="longtextUrl" Type="Edm.String"/></ComplexType>'
)


def _complex_type(name: str, fields: Iterable[Field]) -> str:
    properties = "".join(f"<Property{_attributes(_facets(field))}/>" for field in fields)
    return f'<ComplexType Name="{name}">{properties}</ComplexType>'


def _bound_type(service: Service, action: Action, prefix: str) -> str:
    kind = f"{prefix}.{service.sets[action.bound_to].type_name}"
    return f"Collection({kind})" if action.many else kind


def _action(service: Service, action: Action) -> Iterator[str]:
    if action.rows:
        yield _complex_type(action.rows_type, action.row_fields.values())
    if action.result:
        yield _complex_type(action.result, action.fields.values())
    it = _bound_type(service, action, service.namespace)
    yield f'<Action Name="{action.name}" IsBound="true"><Parameter Name="_it" Type="{it}" Nullable="false"/>'
    for field in action.fields.values():
        facets = [*_facets(field), *([("Nullable", "true")] if field.nullable else [])]
        yield f"<Parameter{_attributes(iter(facets))}/>"
    if action.rows:
        kind = f"Collection({service.namespace}.{action.rows_type})"
        yield f'<Parameter Name="{action.rows}" Type="{kind}" Nullable="false"/>'
    if action.result:
        yield f'<ReturnType Type="{service.namespace}.{action.result}" Nullable="false"/>'
    yield "</Action>"


def _parameter_annotations(service: Service, action: Action) -> Iterator[str]:
    bound = _bound_type(service, action, "SAP__self")
    for field in action.fields.values():
        terms = _terms(field)
        if terms:
            yield f'<Annotations Target="SAP__self.{action.name}({bound})/{field.name}">{terms}</Annotations>'


def _v4_nav(service: Service, nav: Nav) -> str:
    target = f"{service.namespace}.{service.sets[nav.target].type_name}"
    kind = f'Type="Collection({target})"' if nav.many else f'Type="{target}"'
    nullable = ' Nullable="false"' if nav.mult == "one" else ""
    return f'<NavigationProperty Name="{nav.name}" {kind}{nullable}/>'


def _v4_set(service: Service, entity: EntitySet) -> str:
    bindings = "".join(
        f'<NavigationPropertyBinding Path="{nav.name}" Target="{nav.target}"/>' for nav in entity.navs.values()
    )
    kind = f"{service.namespace}.{entity.type_name}"
    return f'<EntitySet Name="{entity.name}" EntityType="{kind}">{bindings}</EntitySet>'


def _terms(field: Field) -> str:
    terms = "".join(f'<Annotation Term="{term}"/>' for word, term in _V4_WORDS.items() if word in field.words)
    if "must" in field.words:
        terms += '<Annotation Term="SAP__common.FieldControl" EnumMember="SAP__common.FieldControlType/Mandatory"/>'
    return terms


def _annotations(entity: EntitySet) -> Iterator[str]:
    for field in entity.fields.values():
        terms = _terms(field)
        if terms:
            yield f'<Annotations Target="SAP__self.{entity.type_name}/{field.name}">{terms}</Annotations>'
    restrictions = "".join(_restriction(*_RESTRICTIONS[word]) for word in sorted(entity.words & set(_RESTRICTIONS)))
    restrictions += _listed(entity, "-f", "FilterRestrictions", "NonFilterableProperties")
    restrictions += _listed(entity, "-s", "SortRestrictions", "NonSortableProperties")
    if "etag" in entity.words:
        restrictions += '<Annotation Term="SAP__core.OptimisticConcurrency"><Collection/></Annotation>'
    yield f'<Annotations Target="SAP__self.Container/{entity.name}">{restrictions}</Annotations>'


def _restriction(term: str, property_: str) -> str:
    record = f'<Record><PropertyValue Property="{property_}" Bool="false"/></Record>'
    return f'<Annotation Term="SAP__capabilities.{term}">{record}</Annotation>'


def _listed(entity: EntitySet, word: str, term: str, property_: str) -> str:
    names = [field.name for field in entity.fields.values() if word in field.words]
    if not names:
        return ""
    paths = "".join(f"<PropertyPath>{name}</PropertyPath>" for name in names)
    value = f'<PropertyValue Property="{property_}"><Collection>{paths}</Collection></PropertyValue>'
    return f'<Annotation Term="SAP__capabilities.{term}"><Record>{value}</Record></Annotation>'
