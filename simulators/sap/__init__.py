"""A stand-in for SAP S/4HANA: the OData V2 and V4 services of procurement, with memory."""
