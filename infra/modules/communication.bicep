metadata description = 'Azure Communication Services for e-mail and SMS, with a mail domain that Azure manages, and the right of the function app to send.'

@description('Name of the Communication Services resource; the mail service takes it with -mail.')
param name string

@description('Tags.')
param tags object

@description('Where messages are kept at rest: a geography such as Europe or Korea. It cannot be changed later.')
param dataLocation string

@description('Object id of the function app identity.')
param functionsPrincipalId string

// There is no role for sending alone: this one may also change the resource, and is given on this resource only.
var communicationOwner = '09976791-48a7-449e-bb21-39d1a415f350'

resource mail 'Microsoft.Communication/emailServices@2023-04-01' = {
  name: '${name}-mail'
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }
}

resource domain 'Microsoft.Communication/emailServices/domains@2023-04-01' = {
  parent: mail
  name: 'AzureManagedDomain'
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'AzureManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource communication 'Microsoft.Communication/communicationServices@2023-04-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    linkedDomains: [domain.id]
  }
}

resource functionsOwner 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(communication.id, functionsPrincipalId, communicationOwner)
  scope: communication
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', communicationOwner)
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output endpoint string = 'https://${communication.properties.hostName}'
output senderAddress string = 'DoNotReply@${domain.properties.mailFromSenderDomain}'
